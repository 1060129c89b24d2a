"""What goes into a case's evidence bundle, as named files."""

from typing import Any

import orjson

from resolver.case import appeal_store, document, file_store
from resolver.case import store as case_store
from resolver.key.public_key_set import key_set
from resolver.services import Services
from resolver.store import Cursor, Row
from resolver.trace import store as history_store
from resolver.verdict.chain import build_chain
from resolver.verdict.history import history_row_with_site
from resolver.web.responses import to_json

MOST_EVENTS = 10_000

_CASE = (
    "case_id subject kind owner_org accused_org opened_at created_at updated_at due_from answered_at state reason"
    " findings assignee"
).split()


def members_of(services: Services, cursor: Cursor, case: Row) -> dict[str, bytes]:
    """The bundle's files by name. Nothing in them depends on when they are asked for."""
    findings = case_store.findings(cursor, case)
    events = _events(cursor, case)
    readers = sorted({(row["reader_org"], row["reader_id"]) for row in events})
    members = {
        "case.json": _lines({name: case[name] for name in _CASE}),
        "explanation.json": _lines(document.explanation_of(findings).to_json()),
        "findings.json": _lines([document.finding_json(row, limited=False) for row in findings]),
        "history.json": _lines(case_store.entries(cursor, case["case_id"])),
        "appeals.json": _lines(appeal_store.listed(cursor, case["case_id"])),
        "events.json": _lines([_event(row) for row in events]),
        "chain.json": _lines(build_chain(map(history_row_with_site, events)).to_json()) if events else _lines(None),
        "keys.json": _lines(
            {
                "codes": key_set(services.keyring.current()),
                "readers": case_store.reader_keys(cursor, readers),
            }
        ),
    }
    for row in file_store.listed(cursor, case["case_id"]):
        content = file_store.content(cursor, case["case_id"], bytes(row["sha256"]))
        if content is not None:
            members[f"files/{bytes(row['sha256']).hex()}"] = bytes(content["content"])
    members["files.json"] = _lines(file_store.listed(cursor, case["case_id"]))
    return members


def _events(cursor: Cursor, case: Row) -> list[Row]:
    """The history, in JSON's types, of the item that the case is about; a lane or a reader is no item."""
    if not case["subject"].startswith(("01/", "00/")):
        return []
    key = history_store.Key(as_of=_now(cursor))
    rows = history_store.ask(cursor, history_store.Question(item=case["subject"]), key, MOST_EVENTS).fetchall()
    events: list[Row] = orjson.loads(to_json(rows))
    return events


def _now(cursor: Cursor) -> Any:  # noqa: ANN401 -- a datetime of the store's clock
    row = cursor.execute("SELECT now() AS now").fetchone()
    if row is None:
        raise AssertionError("a SELECT of one row has one")
    return row["now"]


def _event(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("site")}


def _lines(content: object) -> bytes:
    """JSON that people can read and programs compare: keys in order."""
    return orjson.dumps(orjson.loads(to_json(content)), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"
