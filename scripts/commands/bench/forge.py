"""Forging: how many of so many random serials are accepted as genuine. Each is with probability 2**-40."""

import argparse
import json
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from schemas import base32
from schemas.serial import LENGTH, Sealer

PORTION = 100_000
_LETTERS = np.frombuffer(base32.ALPHABET.encode(), dtype=np.uint8)


def accepted(tries: int, seed: int) -> int:
    """How many of ``tries`` random serials a sealer takes for its own; the serials follow from ``seed``."""
    random = np.random.default_rng(seed)
    sealer, gtin = Sealer(random.bytes(32), 0), "09521234000013"
    passed = 0
    for start in range(0, tries, PORTION):
        count = min(PORTION, tries - start)
        text = _LETTERS[random.integers(0, 32, size=count * LENGTH, dtype=np.uint8)].tobytes().decode("ascii")
        serials = [text[place : place + LENGTH] for place in range(0, len(text), LENGTH)]
        passed += count - sealer.unseal_many(gtin, serials).count(None)
    return passed


def main(arguments: Sequence[str]) -> int:
    """Command line of ``scripts/bench forge``: 0 when no forgery passed."""
    parser = argparse.ArgumentParser(prog="scripts/bench forge", description=__doc__)
    parser.add_argument("--tries", type=int, default=10_000_000, metavar="N", help="default: ten million")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed gives other serials")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    parsed = parser.parse_args(arguments)
    start = perf_counter()
    passed = accepted(parsed.tries, parsed.seed)
    seconds = perf_counter() - start
    print(f"{passed} of {parsed.tries:,} made-up serials were accepted, in {seconds:.1f} s")
    if parsed.json:
        print(json.dumps({"tries": parsed.tries, "accepted": passed, "seconds": round(seconds, 2)}))
    return 1 if passed else 0
