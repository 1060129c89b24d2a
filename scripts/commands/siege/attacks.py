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

KNOWN: dict[str, str] = {
    "label-floods": "labels are drawn in the resolver's process: they need one of their own, or a share of the cores",
    "signed-bombs": "a reader's signed bombs are decoded before they are refused, two at a time for all readers",
    "flood-of-one-reader": "one reader's backlog is judged in transactions that others' batches wait for",
    "sql-of-a-stranger": "the API's login looks tokens up before it is known whose they are, so it sees every hash",
}
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
