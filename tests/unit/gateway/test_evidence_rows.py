"""Extracts of evidence as the store keeps them."""

import json
from typing import Any

from gateway.evidence.item import Scan
from gateway.store.evidence_rows import StoredRow, evidence_item_of, extract_of

SCAN = Scan(1_790_000_000_000_000, "phone", 30.6, 114.3, 0.1, network="9f" * 8, operator="AS4134", source="gps")


def stored(scans: list[list[Any]]) -> StoredRow:
    """A row of an item without marks."""
    return StoredRow("item", True, scans, [], "item", "lot", 3, None, True, [], [])


def test_an_extract_is_read_back_as_it_was_written() -> None:
    extract = extract_of("item", {SCAN: "event"}, {}, ())
    item = evidence_item_of(stored(json.loads(json.dumps(extract.scans))))
    assert item.evidence.scans == (SCAN,)
    assert item.events == {(SCAN.at, "phone"): "event"}


def test_an_extract_from_before_scans_had_networks_is_still_read() -> None:
    old = [*SCAN[:8], "event"]
    item = evidence_item_of(stored([old]))
    assert item.evidence.scans == (SCAN._replace(network="", operator="", source=""),)
    assert item.events == {(SCAN.at, "phone"): "event"}
