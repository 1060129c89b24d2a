"""Parameters of the population's people: one record a table of the parameter file."""

from dataclasses import dataclass, field

from firmware_sim.world.parameter_file import AMOUNT, COUNT, NUMBER, POSITIVE, SHARE, SWITCH, between
from firmware_sim.world.trade import Consumer


@dataclass(frozen=True, slots=True)
class PopulationConsumer(Consumer):
    """Consumers, restaurants' guests, and others who scan: shops, bulk scanners, people who were sent a photo."""

    repeat_share: float = field(metadata=between(0, 0.95))
    pack_share: float = field(metadata=SHARE)
    pack_units: int = field(metadata=between(1, 1000))
    habit_share: float = field(metadata=between(0.01, 1))
    together_share: float = field(metadata=SHARE)
    days_to_scan: float = field(metadata=POSITIVE)
    days_to_scan_log_sd: float = field(metadata=between(0, 3))
    far_home_share: float = field(metadata=SHARE)
    far_home_km: float = field(metadata=POSITIVE)
    rescan_decay: float = field(metadata=between(0, 0.95))
    rescan_days: float = field(metadata=POSITIVE)
    reload_share: float = field(metadata=SHARE)
    cookieless_share: float = field(metadata=SHARE)
    further_handset_share: float = field(metadata=between(0, 0.9))
    household_share: float = field(metadata=SHARE)
    gift_days: float = field(metadata=POSITIVE)
    opening_share: float = field(metadata=SHARE)
    opening_days: float = field(metadata=POSITIVE)
    venues: int = field(metadata=NUMBER)
    venue_opening_share: float = field(metadata=SHARE)
    shop_prescan_share: float = field(metadata=SHARE)
    bulk_share: float = field(metadata=SHARE)
    bulk_codes: float = field(metadata=POSITIVE)
    viral_per_100k: float = field(metadata=AMOUNT)
    viral_least: int = field(metadata=COUNT)
    viral_most: int = field(metadata=COUNT)


@dataclass(frozen=True, slots=True)
class Location:
    """How a phone's place comes to be known, and the networks that phones use."""

    gps_share: float = field(metadata=SHARE)
    page_share: float = field(metadata=SHARE)
    wifi_share: float = field(metadata=SHARE)
    unplaced_share: float = field(metadata=SHARE)
    known_share: float = field(metadata=SHARE)
    gps_km: float = field(metadata=AMOUNT)
    coarse_km: float = field(metadata=AMOUNT)
    mobile_ip_km: float = field(metadata=POSITIVE)
    mobile_ip_log_sd: float = field(metadata=between(0, 3))
    fixed_ip_km: float = field(metadata=POSITIVE)
    fixed_ip_log_sd: float = field(metadata=between(0, 3))
    vpn_share: float = field(metadata=SHARE)
    vpn_known_share: float = field(metadata=SHARE)
    tunnels: int = field(metadata=COUNT)
    carriers: int = field(metadata=between(1, 100))
    networks_per_area: int = field(metadata=COUNT)
    mobile_networks: int = field(metadata=COUNT)


@dataclass(frozen=True, slots=True)
class Travel:
    """How many scan away from home, and how far away."""

    share: float = field(metadata=SHARE)
    near_share: float = field(metadata=SHARE)
    near_least_km: float = field(metadata=AMOUNT)
    near_most_km: float = field(metadata=AMOUNT)
    festival_share: float = field(metadata=SHARE)
    festival_day: float = field(metadata=AMOUNT)
    festival_days: float = field(metadata=AMOUNT)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Inner codes under the cap: a pair of codes on one item."""

    enabled: int = field(metadata=SWITCH)
    read_share: float = field(metadata=SHARE)
    false_mismatch_share: float = field(metadata=SHARE)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Honest scans of codes that nobody made."""

    damaged_share: float = field(metadata=SHARE)
    tries: float = field(metadata=AMOUNT)
    misprints_per_100k: float = field(metadata=AMOUNT)
    misprint_cases: int = field(metadata=COUNT)
    garblers_per_100k: float = field(metadata=AMOUNT)
    garbled_codes: float = field(metadata=POSITIVE)
    robots_per_100k: float = field(metadata=AMOUNT)
    robot_links: float = field(metadata=POSITIVE)
    line_tests_per_100k: float = field(metadata=AMOUNT)
    test_prints: float = field(metadata=POSITIVE)
