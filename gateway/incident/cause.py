"""The cause that an alert may share with others: from its subject, its suspected cause, and what is known of the item.

Pure.
"""

from dataclasses import dataclass

from schemas.finding import Kind
from schemas.subject import (
    ClaimsSubject,
    DumpingSubject,
    ForgedSubject,
    GuessingSubject,
    ItemSubject,
    LaneSubject,
    ReaderSubject,
    RollSubject,
    SiteSubject,
    SourceSubject,
    Subject,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an item beside the alert; empty where nothing is.

    ``dealer``: the site of the dealer that had it before a consumer scanned it; ``market``: where it was scanned;
    ``lot``: its batch's.
    """

    dealer: str = ""
    market: str = ""
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """What an alert may have in common with others, as text keys. :mod:`schemas.explain.cause_words` has the words.

    Alerts share a cause at most where ``common`` is equal: a dealer, a lot, a market, a reader. Among these an alert
    that ``leads`` is about the common cause itself (a lane, a roll, expired goods in a market) and takes all others in;
    where none leads, only those share it whose ``goods`` are equal, too, or which are too many at once for chance.
    """

    common: str
    goods: str = ""
    leads: bool = False


NOTHING_KNOWN = Known()

_AS_COPIED = frozenset({Kind.COPIED, Kind.ENDED})
"""Both say that there is a second object under the code."""
_SOLD = _AS_COPIED | {Kind.DIVERTED}
"""Crimes that begin with whoever sells the goods."""


def cause_of(subject: Subject, kind: Kind, owner_org: str, day: int, known: Known = NOTHING_KNOWN) -> Cause:
    """The cause of an alert about ``subject``. ``day``: of the alert, in days since 1970; see :class:`Known`."""
    cause: Cause
    match subject:
        case LaneSubject(_, dealer):
            cause = Cause(f"dealer/{owner_org}/{dealer}", "lane", leads=True)
        case RollSubject(_, lot):
            cause = Cause(f"lot/{owner_org}/{Kind.EARLY}/{lot}", leads=True)
        case DumpingSubject(_, market):
            cause = Cause(f"market/{owner_org}/{Kind.EXPIRED}/{market}", leads=True)
        case ItemSubject() if subject.gtin:
            cause = _of_unit(subject.gtin, kind, owner_org, day, known)
        case GuessingSubject(_, gtin):
            cause = Cause(f"product/{owner_org}/{Kind.GUESSED}/{gtin}")
        case ForgedSubject(_, gtin):
            cause = Cause(f"product/{owner_org}/{kind}/{gtin}/{day}")
        case SourceSubject():
            cause = Cause(f"guesses/{owner_org}")
        case ReaderSubject() | SiteSubject() | ClaimsSubject():
            cause = Cause(str(subject))
        case _:
            cause = Cause(f"subject/{owner_org}/{kind}/{subject}")
    return cause


def suspected(kind: Kind) -> Kind:
    """The suspected cause, where two kinds mean one: a second object under the code."""
    return Kind.COPIED if kind in _AS_COPIED else kind


def _of_unit(gtin: str, kind: Kind, owner_org: str, day: int, known: Known) -> Cause:
    product = f"product/{owner_org}/{kind}/{gtin}"
    if kind in _SOLD:
        goods = f"{suspected(kind)}/{gtin}"
        return (
            Cause(f"dealer/{owner_org}/{known.dealer}", goods) if known.dealer else Cause(f"goods/{owner_org}/{goods}")
        )
    if kind is Kind.FORGED:
        return Cause(f"{product}/{day}")
    if kind is Kind.EXPIRED and known.market:
        return Cause(f"market/{owner_org}/{kind}/{known.market}", f"{gtin}/{known.lot}")
    if known.lot:
        return Cause(f"lot/{owner_org}/{kind}/{known.lot}")
    return Cause(product)
