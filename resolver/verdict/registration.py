"""What proof and register say of a unit: a failed proof, why nothing can be confirmed, a recall, a past date. Pure."""

from datetime import datetime

from resolver.text import formats
from resolver.text.formats import Name, Value
from resolver.verdict.facts import Batch, UnitFacts
from resolver.verdict.observer import PROOF, REGISTER
from resolver.verdict.reason import Reason
from schemas.code import Checked, Proof


def failed_proof(checked: Checked) -> Reason:
    """Why the code is none of the maker's."""
    if checked.proof is Proof.BAD_SIGNATURE:
        return Reason("reason.signature_invalid", observed_by=(PROOF,))
    if checked.proof is Proof.UNKNOWN_KEY:
        return Reason("reason.signature_key_unknown", observed_by=(PROOF,))
    return Reason("reason.serial_not_sealed", {"gtin": _key_value(checked)}, observed_by=(PROOF,))


def _key_value(checked: Checked) -> str:
    return checked.item_id.split("/")[1]


def doubt(checked: Checked, facts: UnitFacts | None) -> Reason | None:
    """Why nothing can be said of the unit, or None when it is one that the maker registered and released."""
    if checked.proof is Proof.FOREIGN:
        whole = "/21/" in checked.item_id
        return Reason("reason.foreign_code", {"gtin": _key_value(checked)}) if whole else Reason("reason.no_unit")
    if checked.proof is Proof.REVOKED_KEY:
        return Reason("reason.key_revoked", observed_by=(REGISTER,))
    if facts is None or facts.batch is None:
        return Reason("reason.batch_unknown", observed_by=(REGISTER,))
    if not facts.registered:
        return Reason("reason.unit_unregistered", {"lot": facts.batch.lot}, observed_by=(REGISTER,))
    if facts.batch.revoked_at is not None and facts.batch.revoked_at <= facts.now:
        return _revoked(facts.batch, facts.batch.revoked_at)
    since = commissioned_at(facts)
    waits = since is None or since > facts.now
    return Reason("reason.not_commissioned", observed_by=(REGISTER,)) if waits else None


def _revoked(batch: Batch, at: datetime) -> Reason:
    params: dict[str, Value] = {"lot": batch.lot, "on": formats.china_day(at)}
    english, chinese = batch.revocation_reason, batch.revocation_reason_zh
    if not (english or chinese):
        return Reason("reason.batch_revoked", params, observed_by=(REGISTER,))
    because = Name(en=english or chinese or "", zh=chinese or english or "")
    return Reason("reason.batch_revoked_because", params | {"why": because}, observed_by=(REGISTER,))


def commissioned_at(facts: UnitFacts) -> datetime | None:
    """When the unit was put into use: as the maker said, or else as a reader of its, or by its mandate, reported.

    Anybody else's word is a claim, and in no history.
    """
    seen = [row.occurred_at for row in facts.history if row.biz_step == "commissioning" and row.via is None]
    return facts.commissioned_at or min(seen, default=None)


def recall(facts: UnitFacts) -> Reason | None:
    """That the unit's batch was recalled."""
    batch = facts.batch
    if batch is None or batch.recalled_at is None or batch.recalled_at > facts.now:
        return None
    params: dict[str, Value] = {"lot": batch.lot, "on": formats.china_day(batch.recalled_at)}
    english, chinese = batch.recall_reason, batch.recall_reason_zh
    if not (english or chinese):
        return Reason("reason.recalled", params, observed_by=(REGISTER,))
    because = Name(en=english or chinese or "", zh=chinese or english or "")
    return Reason("reason.recalled_because", params | {"why": because}, observed_by=(REGISTER,))


def expiry(facts: UnitFacts) -> Reason | None:
    """That the unit's best-before date has passed."""
    if facts.batch is None or facts.batch.expires_on is None:
        return None
    # A best-before date counts to the end of its day, in the calendar that it was printed in.
    if formats.china_day(facts.now) <= facts.batch.expires_on:
        return None
    return Reason("reason.expired", {"on": facts.batch.expires_on}, observed_by=(REGISTER,))
