"""Whether response times tell a guesser anything: wrong codes of four kinds, interleaved, compared pair by pair.

A two-sample Kolmogorov-Smirnov test of each pair says whether their latencies could come from one distribution. The
kinds are those that a guesser can tell apart anyway: random serials, genuine serials with one character changed,
genuine serials of another product, serials of a product that is not registered. The first kind is also compared with
itself, which shows the machine's own noise.
"""

import argparse
import json
import os
from collections.abc import Sequence
from itertools import combinations
from math import exp, sqrt
from random import Random

from rich.console import Console

from schemas.serial import Sealer
from scripts.commands.bench.filled_store import VERDICT, register, sealer_of
from scripts.commands.bench.http_client import Request, get_all
from scripts.system.fixtures import BATCH, GTIN, gtin_of
from scripts.system.stack import Stack, temporary_stack

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAME = "at random, again"
UNITS = 100_000


def main(arguments: Sequence[str]) -> int:
    """Measure; the last line is JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="scripts/bench guessing", description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="requests of each kind")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    with temporary_stack() as stack:
        figures = _measure(stack, options.requests)
    for name, value in figures.items():
        console.print(f"{name:62} {value}")
    if options.json:
        print(json.dumps(figures))
    return 0


def _measure(stack: Stack, count: int) -> dict[str, float | int]:
    stack.start_store()
    register(stack, UNITS)
    stack.start_resolver(network_rate="0", code_rate="0", session_rate="0")
    kinds = guesses(sealer_of(stack), count, Random(17))  # noqa: S311 -- the same guesses at every run
    requests, order = list[Request](), Random(23)  # noqa: S311 -- as above
    for number in range(count):
        turn = [Request(paths[number] + VERDICT, "application/json", kind) for kind, paths in kinds.items()]
        order.shuffle(turn)  # no kind may always follow the same other kind
        requests += turn
    address = ("127.0.0.1", stack.http_port)
    get_all(address, requests[: len(requests) // 5], 1)
    run = get_all(address, requests, 1)
    if set(run.statuses) != {200}:
        raise SystemExit(f"responses have the statuses {sorted(set(run.statuses))}")
    times = {kind: [taken for taken, tag in zip(run.seconds, run.tags, strict=True) if tag == kind] for kind in kinds}
    figures: dict[str, float | int] = {"cores": os.cpu_count() or 1, "requests_each": count}
    for kind, taken in times.items():
        figures[f"median_ms, {kind}"] = round(1000 * sorted(taken)[count // 2], 3)
    chances = []
    for one, other in combinations(times, 2):
        statistic = distance(times[one], times[other])
        chance = chance_of(statistic, count, count)
        figures[f"D, {one} / {other}"] = round(statistic, 4)
        figures[f"p, {one} / {other}"] = round(chance, 4)
        if SAME not in (one, other):
            chances.append(chance)
    # Bonferroni: of several comparisons the least likely one counts as many times.
    figures["p_least_corrected"] = round(min(1.0, min(chances) * len(chances)), 4)
    return figures


def guesses(sealer: Sealer, count: int, random: Random) -> dict[str, list[str]]:
    """Paths of wrong codes, by kind."""

    def made_up() -> str:
        return f"/01/{GTIN}/21/" + "".join(random.choices(_ALPHABET, k=20))

    def changed() -> str:
        serial = sealer.seal(GTIN, BATCH, random.randrange(UNITS))
        place = random.randrange(len(serial))
        other = random.choice([character for character in _ALPHABET if character != serial[place]])
        return f"/01/{GTIN}/21/{serial[:place]}{other}{serial[place + 1 :]}"

    unregistered = gtin_of("77777")

    def another() -> str:
        return f"/01/{unregistered}/21/" + sealer.seal(GTIN, BATCH, random.randrange(UNITS))

    def nobodys() -> str:
        return f"/01/{unregistered}/21/" + "".join(random.choices(_ALPHABET, k=20))

    makers = {
        "at random": made_up,
        SAME: made_up,
        "one character changed": changed,
        "of another product": another,
        "of an unknown product": nobodys,
    }
    return {kind: [make() for _ in range(count)] for kind, make in makers.items()}


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The two-sample Kolmogorov-Smirnov statistic: the largest distance of the empirical distribution functions."""
    left, right = sorted(one), sorted(other)
    maximum, i, j = 0.0, 0, 0
    while i < len(left) and j < len(right):
        value = min(left[i], right[j])
        while i < len(left) and left[i] <= value:
            i += 1
        while j < len(right) and right[j] <= value:
            j += 1
        maximum = max(maximum, abs(i / len(left) - j / len(right)))
    return maximum


def chance_of(statistic: float, first: int, second: int) -> float:
    """How likely a distance of at least ``statistic`` is when both samples come from one distribution.

    The limiting distribution with Stephens's correction of the size (M. A. Stephens, Journal of the Royal Statistical
    Society B 32, 1970): good from some dozens of observations on.
    """
    effective = sqrt(first * second / (first + second))
    scaled = (effective + 0.12 + 0.11 / effective) * statistic
    if scaled < 0.2:  # here the series does not converge, and the chance is 1 to many digits
        return 1.0
    series = sum((1 if k % 2 else -1) * exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * series))
