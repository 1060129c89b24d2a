"""What the store learns of readers: from their batches, and from their status messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.message.clock_offset import clock_offset, with_delay
from gateway.message.decoding import Opened
from gateway.store.connection import Connection
from schemas.moment import to_datetime, to_microseconds
from schemas.topics import Address

REST_US = 5_000_000
"""A reader's health is written at most so often, in microseconds: many batches a second cost one write."""

_MOST_DELAY_US = 1 << 62
"""Beyond this a difference of clocks is nonsense that the store could not add up."""

_NOTE = """
INSERT INTO suyuan.reader_health (org_id, reader_id, last_seen, firmware, clock_offset_us, delays)
SELECT org_id, reader_id, %s, firmware, offset_us, delays::bigint[]
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
    AS new (org_id, reader_id, firmware, offset_us, delays)
ORDER BY org_id, reader_id
ON CONFLICT (org_id, reader_id) DO UPDATE SET last_seen = excluded.last_seen,
    firmware = coalesce(excluded.firmware, reader_health.firmware),
    clock_offset_us = excluded.clock_offset_us, delays = excluded.delays
"""


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One reader in one transaction: the least difference between receipt and sending, and the newest firmware."""

    delay: int
    firmware: str | None


def note_batches(connection: Connection, fresh: Sequence[Opened], now: int) -> None:
    """Note when these readers were seen, and learn of their clocks. ``fresh``: batches that came for the first time.

    The last statement of a transaction, in one order for all workers: rows are locked for as short as can be. What two
    workers learn at once one of them forgets, which costs a difference of thirty.
    """
    sightings = _sightings(fresh, now)
    if not sightings:
        return
    due = _due(connection, sightings, now)
    if not due:
        return
    rows = []
    for address, delays in due:
        window = with_delay(delays, sightings[address].delay)
        rows.append((address, sightings[address].firmware, clock_offset(window), window))
    connection.execute(
        _NOTE,
        [
            to_datetime(now),
            [address.org_id for address, *_ in rows],
            [address.reader_id for address, *_ in rows],
            [firmware for _, firmware, _, _ in rows],
            [offset for _, _, offset, _ in rows],
            ["{" + ",".join(map(str, window)) + "}" for *_, window in rows],
        ],
    )


def _sightings(fresh: Sequence[Opened], now: int) -> dict[Address, _Sighting]:
    found: dict[Address, _Sighting] = {}
    for each in fresh:
        delay = max(-_MOST_DELAY_US, min(now - each.sent_at, _MOST_DELAY_US))
        before = found.get(each.address)
        if before is None or delay < before.delay:
            found[each.address] = _Sighting(delay, each.firmware)
    return found


def _due(connection: Connection, addresses: Iterable[Address], now: int) -> list[tuple[Address, list[int]]]:
    """The readers whose health may be written again, with their windows."""
    wanted = sorted((each.org_id, each.reader_id) for each in addresses)
    rows = connection.execute(
        """
        SELECT org_id, reader_id, last_seen, coalesce(delays, '{}')
        FROM unnest(%s::text[], %s::text[]) AS wanted (org_id, reader_id)
        LEFT JOIN suyuan.reader_health USING (org_id, reader_id)
        """,
        [[org for org, _ in wanted], [reader for _, reader in wanted]],
    ).fetchall()
    return [
        (Address(org_id, reader_id), delays)
        for org_id, reader_id, seen, delays in rows
        if seen is None or abs(now - to_microseconds(seen)) >= REST_US
    ]


def note_status(connection: Connection, statuses: Mapping[Address, bool], now: int) -> None:
    """Note which readers are online; those that are not enrolled are passed over."""
    ordered = sorted((each.org_id, each.reader_id, online) for each, online in statuses.items())
    connection.execute(
        """
        INSERT INTO suyuan.reader_health (org_id, reader_id, online, status_at)
        SELECT org_id, reader_id, online, %s
        FROM unnest(%s::text[], %s::text[], %s::boolean[]) AS new (org_id, reader_id, online)
        JOIN suyuan.reader USING (org_id, reader_id)
        ORDER BY org_id, reader_id
        ON CONFLICT (org_id, reader_id) DO UPDATE SET online = excluded.online, status_at = excluded.status_at
        WHERE reader_health.online IS DISTINCT FROM excluded.online
        """,
        [
            to_datetime(now),
            [org_id for org_id, _, _ in ordered],
            [reader_id for _, reader_id, _ in ordered],
            [online for _, _, online in ordered],
        ],
    )


def unpublished_settings(connection: Connection, most: int) -> list[tuple[Address, int, dict[str, Any]]]:
    """Settings that readers have not been told yet: whose, which revision, and what."""
    rows = connection.execute(
        "SELECT org_id, reader_id, revision, settings FROM suyuan.reader_settings"
        " WHERE revision > published_revision ORDER BY org_id, reader_id LIMIT %s",
        [most],
    )
    return [(Address(org_id, reader_id), revision, settings) for org_id, reader_id, revision, settings in rows]


def settings_published(connection: Connection, address: Address, revision: int) -> None:
    """Note that the broker holds this revision."""
    connection.execute(
        "UPDATE suyuan.reader_settings SET published_revision = %s"
        " WHERE org_id = %s AND reader_id = %s AND published_revision < %s",
        [revision, address.org_id, address.reader_id, revision],
    )


def redeem(connection: Connection, token_hash: bytes, kid: bytes, public_key: bytes) -> tuple[str, str, str, str]:
    """Redeem an enrolment token: outcome, organisation, reader and site, empty where there is none."""
    row = connection.execute(
        "SELECT * FROM suyuan.redeem_enrolment(%s, %s, %s)", [token_hash, kid, public_key]
    ).fetchone()
    outcome, org_id, reader_id, site_id = row or ("unknown", None, None, None)
    return outcome, org_id or "", reader_id or "", site_id or ""
