"""Consumers' scans of codes whose proof is false: what the counts of a product's day, and a few examples, say. Pure.

Anybody can make up such codes, as many as he likes; no item stands behind one. So they have no history and no fold:
they are counted by product, network and hour, and there is one subject a product and day. What costs a forger nothing
(many serials, many cookies, one network) says nothing; what he can't avoid when he sells is that one printed serial is
read by several people in several places, or that many people read different ones in one day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from gateway.rules.fold import Card
from schemas.code import Proof
from schemas.finding import Finding, Kind, Level
from schemas.moment import to_datetime, to_microseconds
from schemas.subject import ForgedSubject

MADE_UP = frozenset({Proof.FORGED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY})
"""Proofs that anybody can bring about with any serial. A revoked key's codes were made once, and are finite."""

NO_PRODUCT = "-"
"""Stands as GTIN for all codes of GTINs that their owner has not registered, and for products beyond the budget."""

UNKNOWN_NETWORK = ""
MAX_VOICES = 8
"""Independent sightings that are kept of one example."""
SHOWN = 5
"""Examples that a finding names."""
MIN_WAVE = 10
"""Networks from which false codes of one product were read in a day, at least, before that is a wave."""
WAVE_FACTOR = 4.0
"""By how much a wave exceeds the usual number of networks a day: labels are damaged, and misread, every day."""
USUAL_DAYS = 28

PRINTED = Card(
    "printed_forgery",
    Kind.FORGED,
    "Consumers read one serial that was never made, by different phones from different networks: it is printed on "
    "goods. One alert a product and day; many serials from one network are no evidence.",
    "a damaged label of a display unit; a link to a wrong address that was passed on; somebody with two phones and two "
    "networks",
)
WAVE = Card(
    "forged_wave",
    Kind.FORGED,
    "In one day, phones from at least ten networks read codes of one product that were never made, four times as many "
    "as usual: forgeries with a serial each.",
    "a misprinted batch of labels; an app that garbles the address; a link to a wrong address that was passed on",
)


class FalseScan(NamedTuple):
    """One scan of a code whose proof is false. ``at``: microseconds, UTC. ``handset``: as in the scan."""

    owner_org: str
    gtin: str
    item_id: str
    proof: str
    at: int
    network: str
    handset: str | None

    @property
    def day(self) -> date:
        """The day (UTC) that it is counted in."""
        return to_datetime(self.at).astimezone(UTC).date()

    @property
    def voice(self) -> "Voice":
        """Who saw it: the phone is named for this code alone, so that nobody is followed by it."""
        phone = "" if self.handset is None else sha256(f"{self.item_id}\n{self.handset}".encode()).hexdigest()[:8]
        return Voice(self.network, phone, self.day.isoformat())


class Voice(NamedTuple):
    """A sighting that is independent of the others of the same code. ``phone`` is empty where it is not known."""

    network: str
    phone: str
    day: str


@dataclass(frozen=True, slots=True)
class FalseCode:
    """An example: a false code that was kept. ``found_on``: the day on which it was known to be printed, if it was."""

    item_id: str
    owner_org: str
    gtin: str
    proof: str
    voices: tuple[Voice, ...] = ()
    found_on: date | None = None

    def heard(self, scan: FalseScan) -> "FalseCode":
        """The example after one more scan of it. Neither a known network nor a known phone is another voice."""
        voice = scan.voice
        if len(self.voices) >= MAX_VOICES or any(_same(voice, other) for other in self.voices):
            return self
        found_on = self.found_on or (scan.day if self.voices else None)
        return replace(self, voices=(*self.voices, voice), found_on=found_on)


def _same(a: Voice, b: Voice) -> bool:
    return a.network == b.network or (a.phone != "" and a.phone == b.phone)


def printed_forgery(owner_org: str, gtin: str, day: date, found: Sequence[FalseCode]) -> Finding:
    """What the codes ``found`` on one day, at least one, say together."""
    widest = max(found, key=lambda code: (len(code.voices), code.item_id))
    networks, days = len(widest.voices), max(len({voice.day for voice in code.voices}) for code in found)
    confidence = 0.7 if networks == 2 and days == 1 else 0.95 if networks > 2 and days > 1 else 0.85
    return _finding(
        PRINTED,
        ForgedSubject(owner_org, gtin, day.isoformat()),
        confidence,
        serials=sorted(code.item_id.rpartition("/")[2] for code in found)[:SHOWN],
        found=len(found),
        networks=networks,
        days=days,
        proof=widest.proof,
    )


def forged_wave(owner_org: str, gtin: str, day: date, networks: int, usual: float) -> Finding | None:
    """What the number of networks says, against the usual number a day; None while it may be misreading.

    The number stated grows in steps, so that a flood does not change the finding with each scan.
    """
    if networks < max(MIN_WAVE, WAVE_FACTOR * (usual + 1)):
        return None
    stated = MIN_WAVE << max(0, (networks // MIN_WAVE).bit_length() - 1)
    subject = ForgedSubject(owner_org, gtin, day.isoformat())
    return _finding(WAVE, subject, 0.8, networks=stated, usual=round(usual, 1))


def beyond_budget(owner_org: str, day: date, rule: Card) -> Finding:
    """Stands for the products of an owner that a day's budget of cases has no room for."""
    return _finding(rule, ForgedSubject(owner_org, NO_PRODUCT, day.isoformat()), 0.7, several=True)


def _finding(card: Card, subject: ForgedSubject, confidence: float, **details: object) -> Finding:
    """Its time is the beginning of its day, so that what is learnt later of the day changes it and adds none."""
    midnight = datetime.fromisoformat(subject.day).replace(tzinfo=UTC)
    return Finding(
        rule=card.name,
        kind=card.kind,
        level=Level.ALERT,
        subject=str(subject),
        occurred_at=to_microseconds(midnight),
        confidence=confidence,
        events=(),
        details=details,
    )


def usual_span(day: date) -> tuple[date, date]:
    """The days, first and last, by which the usual number of networks is known."""
    return day - timedelta(days=USUAL_DAYS), day - timedelta(days=1)
