"""What judging reads: the touched items, locked; their facts; their histories through every container."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from psycopg.rows import TupleRow

from gateway.rules.history import BatchFacts, History, Market, Sighting, Unit, in_order
from gateway.store.connection import Connection
from gateway.store.intake import Growth
from gateway.store.moment import to_microseconds
from schemas.code import Checked, Proof
from schemas.event import Action, Audience
from schemas.geodesy import Position

SITE_RADIUS_M = 100.0
"""The 95 % radius of a registered site's position: a loading yard's width."""


def scanned_contents(connection: Connection, containers: Sequence[str]) -> list[str]:
    """Units that are or were in these containers, at any depth, and that consumers have scanned."""
    if not containers:
        return []
    rows = connection.execute(
        """
        WITH RECURSIVE content (item_id) AS (
            SELECT item_id FROM suyuan.containment_mark WHERE parent_id = ANY (%s)
            UNION
            SELECT m.item_id FROM content AS c JOIN suyuan.containment_mark AS m ON m.parent_id = c.item_id
        )
        SELECT s.item_id FROM content JOIN suyuan.item_state AS s USING (item_id) WHERE s.scans > 0
        """,
        [list(containers)],
    )
    return [item_id for (item_id,) in rows]


def lock(
    connection: Connection, growths: Iterable[Growth], checked: Mapping[str, Checked], others: Iterable[str]
) -> None:
    """Add what items gained, and hold them until the end of the transaction, in one order for all workers."""
    grown = sorted(growths, key=lambda growth: growth.item_id)
    # One sorted pass over both, so that two workers can't hold what the other waits for.
    connection.execute(
        """
        INSERT INTO suyuan.item_state AS s
            (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events, scans)
        SELECT item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events, scans
        FROM (
            SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::bigint[],
                                 %s::timestamptz[], %s::timestamptz[], %s::int[], %s::int[])
                AS grown (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events, scans)
            UNION ALL
            SELECT item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, 0, 0
            FROM suyuan.item_state WHERE item_id = ANY (%s)
        ) AS touched
        ORDER BY item_id
        ON CONFLICT (item_id) DO UPDATE SET
            first_seen = least(s.first_seen, excluded.first_seen),
            last_seen = greatest(s.last_seen, excluded.last_seen),
            events = s.events + excluded.events,
            scans = s.scans + excluded.scans
        """,
        [
            [growth.item_id for growth in grown],
            [checked[growth.item_id].org_id or "" for growth in grown],
            [checked[growth.item_id].proof.value for growth in grown],
            [unit.batch_number if (unit := checked[growth.item_id].unit) else None for growth in grown],
            [unit.index if (unit := checked[growth.item_id].unit) else None for growth in grown],
            [growth.first for growth in grown],
            [growth.last for growth in grown],
            [growth.events for growth in grown],
            [growth.scans for growth in grown],
            sorted(set(others) - {growth.item_id for growth in grown}),
        ],
    )


def markets(connection: Connection) -> dict[str, Market]:
    """All markets by id."""
    rows = connection.execute("SELECT market_id, latitude, longitude, radius_km FROM suyuan.market ORDER BY market_id")
    return {name: Market(name, Position(latitude, longitude, 0), radius) for name, latitude, longitude, radius in rows}


def units(connection: Connection, items: Sequence[str], known: Mapping[str, Market]) -> list[Unit]:
    """The items with what their makers registered, sorted by item id."""
    rows = connection.execute(
        """
        SELECT s.item_id, s.owner_org, s.proof, s.batch_number, s.unit_index,
               b.quantity, b.expires_on, b.recalled_at, b.revoked_at IS NOT NULL, b.territory,
               (SELECT min(c.commissioned_at) FROM suyuan.commissioning AS c
                WHERE c.org_id = s.owner_org AND c.batch_number = s.batch_number AND c.indexes @> s.unit_index)
        FROM suyuan.item_state AS s
        LEFT JOIN suyuan.batch AS b ON b.org_id = s.owner_org AND b.batch_number = s.batch_number
        WHERE s.item_id = ANY (%s)
        ORDER BY s.item_id
        """,
        [list(items)],
    )
    found = []
    for (
        item,
        owner,
        proof,
        number,
        index,
        quantity,
        expires_on,
        recalled_at,
        revoked,
        territory,
        commissioned_at,
    ) in rows:
        batch = None
        if quantity is not None:
            batch = BatchFacts(
                quantity=quantity,
                expires_at=None if expires_on is None else to_microseconds(_end_of(expires_on)),
                recalled_at=None if recalled_at is None else to_microseconds(recalled_at),
                revoked=revoked,
                territory=tuple(known[name] for name in territory if name in known),
            )
        since = None if commissioned_at is None else to_microseconds(commissioned_at)
        found.append(Unit(item, owner, Proof(proof), index, number, batch, since))
    return found


def _end_of(day: datetime) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC)) + timedelta(days=1)


def histories(connection: Connection, items: Sequence[str]) -> dict[str, History]:
    """Each item's own events and those of the containers that it was in, while it was in them, in event time."""
    rows = connection.execute(
        """
        WITH RECURSIVE chain (unit, item_id, since, until, depth) AS (
            SELECT item, item, '-infinity'::timestamptz, 'infinity'::timestamptz, 0 FROM unnest(%s::text[]) AS item
            UNION ALL
            SELECT chain.unit, c.parent_id, greatest(chain.since, c.since), least(chain.until, c.until), depth + 1
            FROM chain, suyuan.containers_of(chain.item_id) AS c
            WHERE c.since < chain.until AND c.until > chain.since AND depth < 8
        )
        SELECT chain.unit, CASE WHEN depth = 0 THEN NULL ELSE chain.item_id END, e.event_id, e.occurred_at, e.biz_step,
               e.action, e.disposition, e.audience, e.handset, e.reader_org, e.reader_id, e.read_point, site.kind,
               coalesce(e.latitude, site.latitude), coalesce(e.longitude, site.longitude), e.radius_m, e.clock_bound_s
        FROM chain
        JOIN suyuan.event AS e
            ON e.item_id = chain.item_id AND e.occurred_at >= chain.since AND e.occurred_at <= chain.until
        LEFT JOIN suyuan.site AS site ON site.site_id = e.read_point
        """,
        [list(items)],
    )
    found: dict[str, list[Sighting]] = {item: [] for item in items}
    for row in rows:
        found[row[0]].append(_sighting(row))
    return {item: in_order(sightings) for item, sightings in found.items()}


def _sighting(row: TupleRow) -> Sighting:
    (_, via, event_id, occurred_at, biz_step, action, disposition, audience, handset, reader_org, reader_id) = row[:11]
    (read_point, site_kind, latitude, longitude, radius_m, clock_bound_s) = row[11:]
    who = Audience(audience)
    # A consumer's phone without an install id is nobody in particular: it can't be told from any other.
    observer = f"{reader_org}/{reader_id}" if who is not Audience.CONSUMER else None
    if handset is not None:
        observer = f"handset/{handset}"
    position = None
    if latitude is not None and longitude is not None:
        position = Position(latitude, longitude, SITE_RADIUS_M if radius_m is None else radius_m)
    return Sighting(
        event_id=str(event_id),
        occurred_at=to_microseconds(occurred_at),
        biz_step=biz_step,
        action=Action(action),
        disposition=disposition,
        audience=who,
        observer=observer,
        read_point=read_point,
        site_kind=site_kind,
        position=position,
        clock_bound_s=clock_bound_s,
        via=via,
    )
