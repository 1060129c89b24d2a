"""Events in numpy columns: what a gateway sees of each and, apart from it, the truth about it; repeatable draws."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Column = NDArray[np.generic]


class Step(IntEnum):
    """What happened, as CBV business steps: shipping, receiving, retail_selling, inspecting; and an opened cap."""

    SHIPPING = 1
    RECEIVING = 2
    SELLING = 3
    SCAN = 4
    OPENING = 5


class Source(IntEnum):
    """Where a position comes from (:class:`schemas.event.LocationSource`)."""

    SITE = 0
    GPS = 1
    FIXED_IP = 2
    MOBILE_IP = 3
    COARSE = 4
    NONE = 5
    """No position: latitude and longitude say nothing, the radius is without bound."""


class Audience(IntEnum):
    """Who scanned (:class:`schemas.event.Audience`)."""

    EDGE = 0
    DEALER = 1
    INSPECTOR = 2
    CONSUMER = 3


class Pair(IntEnum):
    """What a scan learned from the inner code: not read, the item's own, or another item's (or nobody's)."""

    UNREAD = 0
    MATCHED = 1
    MISMATCHED = 2


SEEN = {
    "item": np.int64,  # index into the world's codes; -1: a code that nobody made
    "at": np.int64,  # microseconds by the device's clock
    "received": np.int64,  # microseconds by the gateway's clock
    "device": np.int32,  # a site's reader, a till, a broker client; -1: a phone through the resolver
    "sequence": np.int64,
    "digest": np.int64,  # of the message's body
    "step": np.int8,
    "site": np.int32,  # read point, or -1
    "lat": np.float32,
    "lon": np.float32,
    "radius_m": np.float32,
    "source": np.int8,
    "audience": np.int8,
    "handset": np.int64,  # install id, or -1
    "network": np.int64,  # the phone's network (IPv4 /24), or -1
    "operator": np.int16,  # who runs that network, or -1
    "clock_bound_s": np.int32,
    "pair": np.int8,
}
"""What the gateway sees of an event: column to type."""

TRUTH = {
    "true_at": np.int64,  # when it happened
    "scenario": np.int8,  # firmware_sim.world.scenario.Scenario
    "object": np.int32,  # 0: the genuine object; n: the n-th copy
    "actor": np.int32,  # the attack's index in the world, or -1
    "phone": np.int64,  # the phone itself, whatever handset it gave itself out for; or -1
}
"""What only the evaluation may read: column to type."""

_DEFAULTS = {"clock_bound_s": 2} | dict.fromkeys(
    ("site", "handset", "phone", "network", "operator", "device", "actor"), -1
)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of one length. Selecting rows copies them: no two tables share an array."""

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.columns["item"])

    def ints(self, name: str) -> Ints:
        """A column as 64-bit integers."""
        return self.columns[name].astype(np.int64)

    def floats(self, name: str) -> Floats:
        """A column as 64-bit floats."""
        return self.columns[name].astype(np.float64)

    def take(self, rows: Ints | Flags) -> "Table":
        """The chosen rows, copied."""
        return Table({name: column[rows] for name, column in self.columns.items()})

    def changed(self, **columns: Column) -> "Table":
        """This table with some columns replaced."""
        kinds = SEEN | TRUTH
        return Table(dict(self.columns) | {name: column.astype(kinds[name]) for name, column in columns.items()})

    def seen(self) -> "Table":
        """This table without the truth: what a judge may be given."""
        return Table({name: self.columns[name] for name in SEEN})

    def digest(self) -> str:
        """SHA-256 of all columns: two tables are the same when their digests are."""
        hasher = sha256()
        for name in sorted(self.columns):
            hasher.update(name.encode() + np.ascontiguousarray(self.columns[name]).tobytes())
        return hasher.hexdigest()


def table(count: int, values: Mapping[str, Column | float]) -> Table:
    """A table of ``count`` rows; a number fills its whole column, a column left out has its default."""
    columns: dict[str, Column] = {}
    for name, kind in (SEEN | TRUTH).items():
        value = values.get(name, _DEFAULTS.get(name, 0))
        if isinstance(value, np.ndarray):
            if len(value) != count:
                raise ValueError(f"column {name} has {len(value)} rows, not {count}")
            columns[name] = value.astype(kind)
        else:
            columns[name] = np.full(count, value, dtype=kind)
    return Table(columns)


def concatenated(tables: Iterable[Table]) -> Table:
    """All rows, table after table; without tables an empty one."""
    parts = [table(0, {}), *tables]
    return Table({name: np.concatenate([part.columns[name] for part in parts]) for name in SEEN | TRUTH})


_GOLDEN, _MIX_1, _MIX_2 = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def hashed(seed: int, *parts: Ints | int) -> NDArray[np.uint64]:
    """A 64-bit hash of each row of ``parts`` (SplitMix64: Steele, Lea, Flood 2014); the arguments broadcast."""
    state: NDArray[np.uint64] = np.asarray(seed, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            state = (state ^ np.asarray(part, dtype=np.int64).astype(np.uint64)) + _GOLDEN
            state = (state ^ (state >> np.uint64(30))) * _MIX_1
            state = (state ^ (state >> np.uint64(27))) * _MIX_2
            state = state ^ (state >> np.uint64(31))
    return state


def uniform(seed: int, *parts: Ints | int) -> Floats:
    """A uniform draw from [0, 1) for each row of ``parts``, the same whenever it is drawn."""
    return np.asarray(hashed(seed, *parts) >> np.uint64(11), dtype=np.float64) / float(1 << 53)


def normal(seed: int, *parts: Ints | int) -> Floats:
    """A standard normal draw for each row of ``parts``, the same whenever it is drawn (Box and Muller 1958)."""
    u, v = uniform(seed, *parts, 1), uniform(seed, *parts, 2)
    return np.asarray(np.sqrt(-2 * np.log(np.maximum(u, 1e-300))) * np.cos(2 * np.pi * v))


def number(seed: int, *parts: Ints | int) -> Ints:
    """A number from 0 to 2^62 - 1 for each row of ``parts``, the same whenever it is drawn."""
    return np.asarray(hashed(seed, *parts) >> np.uint64(2)).astype(np.int64)
