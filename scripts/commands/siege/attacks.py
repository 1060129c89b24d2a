"""All attacks of the siege, by name, in the order in which they are played."""

from scripts.commands.siege import (
    broker,
    capture,
    case_load,
    floods,
    foreign_rows,
    heads,
    key_theft,
    parsers,
    pictures,
    reader_lies,
    shares,
    store_sql,
    webhooks,
)
from scripts.commands.siege.attack import Attack

ATTACKS: dict[str, Attack] = {
    **pictures.ATTACKS,
    **heads.ATTACKS,
    **parsers.ATTACKS,
    **capture.ATTACKS,
    **broker.ATTACKS,
    **reader_lies.ATTACKS,
    **shares.ATTACKS,
    **case_load.ATTACKS,
    **floods.ATTACKS,
    **webhooks.ATTACKS,
    **store_sql.ATTACKS,
    **foreign_rows.ATTACKS,
    **key_theft.ATTACKS,
}

KNOWN: dict[str, str] = {}
"""Attacks that are known to break something, and what has to be built. ``--except-known`` fails for others only."""

LIFTED = (
    "flood-of-one-network",
    "client-id-theft",
    "wrong-tokens",
    "inward-webhooks",
    "inward-links",
    "sql-on-tokens",
    "sql-of-a-stranger",
    "sql-on-history",
)
"""Attacks that must succeed where limits are lifted: controls of those that find that they hold."""
