"""Readers' health, as learned from their batches and status messages; their settings; their enrolment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.message.clock_offset import clock_offset, with_delay
from gateway.message.decoding import VerifiedBatch
from gateway.store.connection import Connection
from schemas.moment import to_datetime, to_microseconds
from schemas.topics import Address

REST_US = 5_000_000
"""A reader's health is written at most so often, in microseconds: many batches a second cost one write."""

_MAX_DELAY_US = 1 << 62
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


class _Contact(NamedTuple):
    """One reader in one transaction: the minimum of arrival less sending (microseconds), and that batch's firmware."""

    delay: int
    firmware: str | None


def note_batches(connection: Connection, fresh: Sequence[VerifiedBatch], now: int) -> None:
    """Note when these readers last sent, and learn of their clocks. ``fresh``: batches that came for the first time.

    The last statement of a transaction, in one order for all workers, so that rows are locked for as short a time as
    possible. Of what two workers learn at the same time one is lost, which is one difference of about thirty.
    """
    contacts = _contacts(fresh, now)
    if not contacts:
        return
    writable = _writable(connection, contacts, now)
    if not writable:
        return
    rows = []
    for address, delays in writable:
        window = with_delay(delays, contacts[address].delay)
        rows.append((address, contacts[address].firmware, clock_offset(window), window))
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


def _contacts(fresh: Sequence[VerifiedBatch], now: int) -> dict[Address, _Contact]:
    contacts: dict[Address, _Contact] = {}
    for batch in fresh:
        delay = max(-_MAX_DELAY_US, min(now - batch.sent_at, _MAX_DELAY_US))
        before = contacts.get(batch.address)
        if before is None or delay < before.delay:
            contacts[batch.address] = _Contact(delay, batch.firmware)
    return contacts


def _writable(connection: Connection, addresses: Iterable[Address], now: int) -> list[tuple[Address, list[int]]]:
    """The readers whose health was not written for :data:`REST_US`, with their windows of differences."""
    wanted = sorted((address.org_id, address.reader_id) for address in addresses)
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
    """Note which readers are online; those that are not enrolled are ignored. ``now``: microseconds, UTC."""
    ordered = sorted((address.org_id, address.reader_id, online) for address, online in statuses.items())
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


def unpublished_settings(connection: Connection, page_size: int) -> list[tuple[Address, int, dict[str, Any]]]:
    """Settings that are not published to their readers yet: whose, which revision, and what."""
    rows = connection.execute(
        "SELECT org_id, reader_id, revision, settings FROM suyuan.reader_settings"
        " WHERE revision > published_revision ORDER BY org_id, reader_id LIMIT %s",
        [page_size],
    )
    return [(Address(org_id, reader_id), revision, settings) for org_id, reader_id, revision, settings in rows]


def settings_published(connection: Connection, address: Address, revision: int) -> None:
    """Note that the broker has this revision as the retained message."""
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
