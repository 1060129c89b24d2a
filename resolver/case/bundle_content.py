"""The files of a case's evidence bundle."""

import threading
from typing import Any

import orjson

from resolver.case import appeal_store, document, file_store, member_store
from resolver.case import store as case_store
from resolver.case.bundle import Member, member_of
from resolver.key.public_key_set import key_set
from resolver.store import Cursor, Row
from resolver.trace import store as history_store
from resolver.trace.question import Key, Question
from resolver.verdict.chain import build_chain
from resolver.verdict.history import history_row_with_site
from resolver.web.responses import to_json
from schemas.errors import StoreUnavailable
from schemas.keys import Keyring

MAX_EVENTS = 10_000
MAX_MEMBERS = 10_000
WAIT_S = 20.0
_one_at_a_time = threading.Lock()

_CASE = (
    "case_id subject kind owner_org accused_org opened_at created_at updated_at due_from answered_at state reason"
    " findings members merged_into assignee"
).split()


def bundle_members(cursor: Cursor, case: Row, keyring: Keyring) -> list[Member]:
    """The bundle's files. Nothing in them depends on when they are asked for; attached ones are read as they are sent.

    :raises StoreUnavailable: others' bundles are being made, each from up to 20,000 rows.
    """
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise StoreUnavailable("other bundles are being made; ask for this one again")
    try:
        members = [member_of(name, content) for name, content in _documents(cursor, case, keyring).items()]
    finally:
        _one_at_a_time.release()
    case_id = case["case_id"]
    attached = {bytes(row["sha256"]): row["size"] for row in file_store.listed(cursor, case_id)}
    for digest, size in attached.items():
        members.append(Member(f"files/{digest.hex()}", size, digest, file_store.portions(cursor, case_id, digest)))
    return members


def _documents(cursor: Cursor, case: Row, keyring: Keyring) -> dict[str, bytes]:
    findings = case_store.findings(cursor, case)
    events = _events(cursor, case)
    readers = sorted({(row["reader_org"], row["reader_id"]) for row in events})
    return {
        "case.json": _json({name: case[name] for name in _CASE}),
        "explanation.json": _json(document.explanation_of(findings).to_json()),
        "members.json": _json(member_store.members(cursor, case, {**member_store.FIRST, "limit": MAX_MEMBERS})),
        "findings.json": _json([document.finding_json(row, limited=False) for row in findings]),
        "history.json": _json(case_store.entries(cursor, case["case_id"])),
        "appeals.json": _json(appeal_store.listed(cursor, case["case_id"])),
        "events.json": _json([_event(row) for row in events]),
        "chain.json": _json(build_chain(map(history_row_with_site, events)).to_json()) if events else _json(None),
        "keys.json": _json({"codes": key_set(keyring), "readers": case_store.reader_keys(cursor, readers)}),
        "files.json": _json(file_store.listed(cursor, case["case_id"])),
    }


def _events(cursor: Cursor, case: Row) -> list[Row]:
    """The history, in JSON's types, of the item that the case is about; a lane or a reader is no item."""
    if not case["subject"].startswith(("01/", "00/")):
        return []
    key = Key(as_of=_now(cursor))
    rows = history_store.ask(cursor, Question(item=case["subject"]), key, MAX_EVENTS).fetchall()
    events: list[Row] = orjson.loads(to_json(rows))
    return events


def _now(cursor: Cursor) -> Any:  # noqa: ANN401 -- a datetime of the store's clock
    row = cursor.execute("SELECT now() AS now").fetchone()
    if row is None:
        raise AssertionError("a SELECT of one row has one")
    return row["now"]


def _event(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("site")}


def _json(content: object) -> bytes:
    """JSON that people can read and programs compare: keys in order."""
    return orjson.dumps(orjson.loads(to_json(content)), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"
