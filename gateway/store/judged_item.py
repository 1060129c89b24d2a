"""What judging saves of an item, so that it can resume from there."""

from collections.abc import Iterable
from datetime import datetime
from typing import LiteralString, NamedTuple

import orjson

from gateway.rules.judgement import Judgement
from gateway.store.connection import Connection
from gateway.store.staging import JUDGED_ITEM
from schemas.moment import to_datetime


class JudgedItem(NamedTuple):
    """An item after it was evaluated. Its own evaluated events, if any, lie from ``first`` to ``last`` (microseconds).

    ``re_evaluated``: from its beginning, so that times and counts replace what was saved; otherwise they add to it.
    """

    item_id: str
    judgement: Judgement
    facts_digest: str
    first: int | None
    last: int | None
    events: int
    scans: int
    re_evaluated: bool


_COPY: LiteralString = f"COPY {JUDGED_ITEM} FROM STDIN (FORMAT BINARY)"
_TYPES = ("text", "timestamptz", "timestamptz", "int4", "int4", "text", "timestamptz", "text", "text", "bool")

# A row without events is new: the times in it are only those when it was made.
_SAVE: LiteralString = f"""
UPDATE suyuan.item_state AS s SET
    first_seen = CASE WHEN j.re_evaluated OR s.events = 0 THEN coalesce(j.first_seen, s.first_seen)
                      ELSE least(s.first_seen, j.first_seen) END,
    last_seen = CASE WHEN j.re_evaluated OR s.events = 0 THEN coalesce(j.last_seen, s.last_seen)
                     ELSE greatest(s.last_seen, j.last_seen) END,
    events = CASE WHEN j.re_evaluated THEN 0 ELSE s.events END + j.events,
    scans = CASE WHEN j.re_evaluated THEN 0 ELSE s.scans END + j.scans,
    folded = j.folded, folded_at = j.folded_at, folded_id = j.folded_id, facts = j.facts
FROM {JUDGED_ITEM} AS j WHERE s.item_id = j.item_id
"""  # noqa: S608 -- a table name of our own


def save_states(connection: Connection, judged: Iterable[JudgedItem]) -> None:
    """Write the states back to the items' rows, which this transaction has locked."""
    with connection.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for item in judged:
                evaluated_at, evaluated_id = item.judgement.until or (None, None)
                evaluated = _moment(evaluated_at)
                # The three times are mostly one and the same, and converted once then.
                first = evaluated if item.first == evaluated_at else _moment(item.first)
                last = evaluated if item.last == evaluated_at else _moment(item.last)
                copy.write_row(
                    (
                        item.item_id,
                        first,
                        last,
                        item.events,
                        item.scans,
                        orjson.dumps([*item.judgement.states, list(item.judgement.custody)]).decode(),
                        evaluated,
                        evaluated_id,
                        item.facts_digest,
                        item.re_evaluated,
                    )
                )
        cursor.execute(_SAVE)


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else to_datetime(microseconds)
