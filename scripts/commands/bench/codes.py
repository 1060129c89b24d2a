"""Codes and labels: rates of minting and drawing, sizes of symbols, a batch of 10^9, an export of 10^7.

Each figure stands beside its floor, measured in the same run: signatures of the same library, symbols of the same
encoder, commits of the same store.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from resolver.issue.parallel_minting import ExportTask, RangeTask, map_ordered, portions
from resolver.label.export import Text
from resolver.label.label import svg
from resolver.label.style import LabelStyle
from resolver.label.symbol import symbol
from resolver.mint.mint import Layer, Mint, Recipe
from scripts.commands.bench import codec
from scripts.commands.bench.issuing_server import IssuingServer

GTIN = "09521234000013"
BASE = "https://id.example.com"
"""A host name of 14 characters."""

SEED = bytes(range(32))
SIZE = 1_000
ROUNDS = 5
TURN_PORTIONS = 8
"""Portions that each core makes in one turn."""
FLOORS = {
    "minted_signed_per_s": "floor_signatures_per_s",
    "labels_svg_signed_per_s_core": "floor_symbols_signed_per_s_core",
    "labels_svg_sealed_per_s_core": "floor_symbols_sealed_per_s_core",
    "register_1e9_s": "floor_commit_s",
}


@dataclass(frozen=True, slots=True)
class Signatures:
    """The floor of signed codes: as many signatures of as many bytes, and nothing else."""

    seed: bytes = field(repr=False)
    message: bytes

    def make(self, indexes: range) -> bytes:
        """Sign once for each index."""
        sign, message = Ed25519PrivateKey.from_private_bytes(self.seed).sign, self.message
        for _ in indexes:
            sign(message)
        return b""


@dataclass(frozen=True, slots=True)
class Turns:
    """Two kinds of work in turn, ``size`` units each, through the same processes."""

    first: RangeTask
    second: RangeTask
    size: int

    def make(self, indexes: range) -> bytes:
        """The output of the work whose turn it is."""
        return (self.second if indexes.start // self.size % 2 else self.first).make(indexes)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0 when done."""
    parser = argparse.ArgumentParser(prog="scripts/bench codes", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="for each of the figures a second (default 6)")
    parser.add_argument("--export", type=int, default=10_000_000, help="codes of the export (default 10^7)")
    parser.add_argument("--quick", action="store_true", help="0.2 s for each figure and a short export: a smoke test")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    if options.quick:
        options.seconds, options.export = 0.2, 20_000
    figures: dict[str, Any] = {"cores": os.cpu_count()}
    console = Console(stderr=True)
    with _steps(console, 6) as step:
        step("signed codes on all cores")
        figures |= _signed(options.seconds)
        step("sealing, checking, reading")
        figures |= codec.measure(options.seconds)
        step("labels")
        figures |= _labels(options.seconds)
        step("symbols")
        figures["qr_version"] = _versions()
        with tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder, IssuingServer(Path(folder)) as issuing:
            step("a batch of 10^9")
            figures |= issuing.register()
            step(f"an export of {options.export:,} codes")
            figures |= issuing.export(options.export)
    _print(console, figures)
    if options.json:
        print(json.dumps(figures))
    return 0


def _recipe(*, signed: bool) -> Recipe:
    kid, key = ("7K", SEED) if signed else (None, None)
    return Recipe(Layer.OUTER, GTIN, 7, 0, BASE, bytes(32), kid, key)


def _signed(seconds: float) -> dict[str, float]:
    """SignedMessage codes a second on all cores, over raw signatures, in short turns: the machine's speed varies."""
    cores = os.cpu_count() or 1
    message = f"suyuan/v1/code\n7K\n(01){GTIN}(21)0K7Q2M8W4ZC1N5XR3VTB".encode()
    task = ExportTask(_recipe(signed=True), LabelStyle(GTIN, "BENCH"), Text.NDJSON)
    turn = TURN_PORTIONS * cores * SIZE
    ends: list[float] = []
    begin = perf_counter()

    def ranges() -> Iterator[range]:
        for portion in portions(range(1 << 30), SIZE):
            if len(ends) > 2 * ROUNDS and perf_counter() - begin > 2 * seconds:
                return
            yield portion

    for portion, _ in map_ordered(Turns(Signatures(SEED, message), task, turn), ranges(), workers=cores):
        if portion.stop % turn == 0:
            ends.append(perf_counter())
    # The first turn has the processes' start in it; the pairs begin with a floor.
    lengths = [after - before for before, after in pairwise(ends)][1:]
    pairs = list(zip(lengths[::2], lengths[1::2], strict=False))
    return {
        "minted_signed_per_s": turn / median(minted for _, minted in pairs),
        "floor_signatures_per_s": turn / median(floor for floor, _ in pairs),
        "ratio_signed": median(floor / minted for floor, minted in pairs),
    }


def _labels(seconds: float) -> dict[str, float]:
    """Minted and drawn on one core, over the encoder alone, in turns."""
    figures = {}
    for grade, signed in (("signed", True), ("sealed", False)):
        mint, style = Mint(_recipe(signed=signed)), LabelStyle(GTIN, "BENCH")
        uris = [minted.uri for minted in mint.codes(range(100))]

        def drawn(mint: Mint = mint, style: LabelStyle = style) -> None:
            for minted in mint.codes(range(100)):
                svg(style.label(minted))

        def encoded(uris: list[str] = uris) -> None:
            for uri in uris:
                zxingcpp.create_barcode(uri, zxingcpp.BarcodeFormat.QRCode, ec_level="M")

        pairs = [(_rate(encoded, 100, seconds / 8), _rate(drawn, 100, seconds / 8)) for _ in range(ROUNDS)]
        figures[f"labels_svg_{grade}_per_s_core"] = median(rate for _, rate in pairs)
        figures[f"floor_symbols_{grade}_per_s_core"] = median(floor for floor, _ in pairs)
        figures[f"ratio_labels_{grade}"] = median(rate / floor for floor, rate in pairs)
    return figures


def _rate(work: Callable[[], None], size: int, seconds: float) -> float:
    work()
    done, start = 0, perf_counter()
    while (passed := perf_counter() - start) < seconds:
        work()
        done += size
    return done / passed if done else size / passed


def _versions() -> dict[str, list[int]]:
    """QR versions that occur among a thousand codes, by grade and error correction."""
    versions = {}
    for grade, signed in (("sealed", False), ("signed", True)):
        uris = [minted.uri for minted in Mint(_recipe(signed=signed)).codes(range(SIZE))]
        versions[f"{grade}_M"] = sorted({(len(symbol(uri, level="M").modules) - 17) // 4 for uri in uris})
        versions[f"{grade}_L"] = sorted({(len(symbol(uri, level="L").modules) - 17) // 4 for uri in uris})
    return versions


@contextmanager
def _steps(console: Console, total: int) -> Iterator[Callable[[str], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        begun = False

        def step(name: str) -> None:
            nonlocal begun
            progress.update(task, description=name, advance=1 if begun else 0)
            begun = True

        yield step


def _print(console: Console, figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        floor = figures.get(FLOORS.get(name, ""))
        shown = (
            f"{value:,.3f}"
            if isinstance(value, float) and value < 100
            else f"{value:,.0f}"
            if isinstance(value, int | float)
            else str(value)
        )
        console.print(f"{name:34} {shown:>16}" + ("" if floor is None else f"   floor {floor:,.3f}"))
    sys.stderr.flush()
