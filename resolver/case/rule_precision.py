"""What closing a case says of the rules behind it: a rule that is confirmed too rarely falls silent."""

from resolver.case import rule_store
from resolver.store import Cursor, Row
from schemas.case import falls_silent


def note_closure(cursor: Cursor, case: Row, confirmed: bool | None) -> None:
    """Count the closure for each rule behind the case; None: it says nothing of them."""
    owner = case["owner_org"]
    for rule in rule_store.note_closure(cursor, case, confirmed=confirmed):
        for row in rule_store.precision(cursor, owner=owner, rule=rule):
            if falls_silent(row["closures"], row["confirmed"]) and not rule_store.is_silent(cursor, rule, owner):
                remark = f"{row['confirmed']} of its last {row['closures']} counted closures confirmed it"
                rule_store.set_level(cursor, rule=rule, owner_org=owner, level="watch", actor="closures", remark=remark)
