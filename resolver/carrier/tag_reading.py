"""Reading a tapped tag: its message is verified, compared with those presented before, and recorded."""

from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from resolver.access.handset import Phone
from resolver.carrier import evidence_store, tag_store
from resolver.carrier.tag import TagResult, Word, judge_tap
from resolver.mint.issuer import Issuer
from resolver.store import Cursor
from schemas import sun
from schemas.evidence import Clue, Evidence
from schemas.moment import to_microseconds
from schemas.sun import Tap
from schemas.topics import NAME


class TagMessage(NamedTuple):
    """The query of a tag's address (SUN message, AN12196), hexadecimal."""

    picc_data: str
    cmac: str
    enc: str


def verify_message(issuer: Issuer, org_id: str, message: TagMessage) -> Tap | None:
    """The UID and counter of a genuine message, None when no tag of the organisation wrote it."""
    if not NAME.fullmatch(org_id):
        return None
    return sun.verify(
        message.picc_data,
        message.cmac,
        meta_read_key=issuer.tag_keys(org_id, b"").meta_read,
        key_of=lambda uid: issuer.tag_keys(org_id, uid).file_read,
        file_data=message.enc,
        # AN12196, section 3.4.4: the tag signs what stands between its file data and the CMAC.
        mac_input=f"{message.enc}&cmac=" if message.enc else "",
    )


def read_tap(
    cursor: Cursor, org_id: str, tap: Tap, *, phone: Phone, at: datetime, record: bool
) -> tuple[str | None, TagResult]:
    """The item that the tag is on, and the answer; ``record`` says whether the scan counts."""
    tag = tag_store.find_tag(cursor, tap.uid)
    if tag is None or tag["org_id"] != org_id:
        return None, TagResult(Word.UNKNOWN)
    tag_store.lock_tag(cursor, tap.uid)
    newest, before = tag_store.newest_counter(cursor, tap.uid), tag_store.find_read(cursor, tap.uid, tap.counter)
    same_phone = before is not None and before["handset"] in phone.known
    result = judge_tap(tap, newest, presented=before is not None, same_phone=same_phone)
    if record and before is None:
        tag_store.note_read(cursor, uid=tap.uid, org_id=org_id, counter=tap.counter, at=at, handset=phone.current)
        if result.word is Word.BACK:
            clue = Evidence(
                evidence_id=uuid4(),
                clue=Clue.COUNTER_BACK,
                item_id=tag["item_id"],
                owner_org=org_id,
                at=to_microseconds(at),
                details={"tag": tap.uid.hex(), "counter": tap.counter, "newest": newest},
            )
            evidence_store.add_evidence(cursor, [clue])
    return tag["item_id"], result
