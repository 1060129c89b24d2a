"""Parameters of transport, retail and consumers that mean the same in both simulated worlds.

Each world adds its own to them: the demo in :mod:`firmware_sim.world.parameters`, the population in
:mod:`firmware_sim.population.tables`.
"""

from dataclasses import dataclass, field

from firmware_sim.world.parameter_file import AMOUNT, POSITIVE, SHARE, between


@dataclass(frozen=True, slots=True)
class Transport:
    """How fast items travel by road or by air, and the share of shipments that readers see."""

    road_km_per_h: float = field(metadata=between(1, 130))
    air_km_per_h: float = field(metadata=between(100, 850))
    air_ground_hours: float = field(metadata=AMOUNT)
    air_from_km: float = field(metadata=AMOUNT)
    handover_hours: float = field(metadata=AMOUNT)
    read_rate: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Retail:
    """How many days after the shop's receipt items are sold, which share of them, and which share tills report."""

    days_to_sale: float = field(metadata=POSITIVE)
    sold_share: float = field(metadata=SHARE)
    pos_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Consumer:
    """What share of sold items is scanned, scanned again, and scanned by a second phone; how far buyers live away."""

    scan_share: float = field(metadata=SHARE)
    rescan_share: float = field(metadata=SHARE)
    second_handset_share: float = field(metadata=SHARE)
    home_km: float = field(metadata=AMOUNT)
