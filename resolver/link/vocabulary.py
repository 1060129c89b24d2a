"""Link types: GS1's vocabulary as a table, our own terms, the registered relations that we use. Pure.

Terms: GS1 Web Vocabulary 1.16. A link type has three spellings: CURIE (``gs1:pip``), address
(``https://ref.gs1.org/voc/pip``) and, for relations of the IANA registry, a bare word (``alternate``). Linksets carry
addresses and words only: the published schema of linksets refuses CURIEs as keys.
"""

import re
from dataclasses import dataclass

GS1 = "https://ref.gs1.org/voc/"
SUYUAN = "https://suyuan.invalid/voc/"
"""Our terms are names, not pages: ``.invalid`` (RFC 2606) never resolves."""

_GS1_TERMS = frozenset(
    """
    activityIdeas allergenInfo appDownload applicableTo backgroundInfo brandHomepageClinical brandHomepagePatient
    careersInfo certificationInfo consumerHandlingStorageInfo defaultLink defaultLinkMulti dpp eifu epcis epil
    eventsInfo faqs handledBy hasRetailers homepage ingredientsInfo instructions jws leaveReview locationInfo
    logisticsInfo loyaltyProgram masterData menuInfo nutritionalInfo openingHoursInfo paymentLink pip promotion
    purchaseSuppliesOrAccessories quickStartGuide recallStatus recipeInfo registerProduct registryEntry relatedImage
    relatedVideo reportFound review safetyInfo scheduleTime serviceInfo smartLabel smpc socialMedia statisticInfo
    subscribe support sustainabilityInfo traceability tutorial userAgreement verificationService whatsInTheBox
    """.split()
)
_OWN_TERMS = frozenset({"verdict", "provenance", "story"})
_RELATIONS = frozenset(
    {
        "alternate",
        "author",
        "describedby",
        "help",
        "latest-version",
        "license",
        "predecessor-version",
        "related",
        "successor-version",
    }
)
_ORIGINS = re.compile(r"https?://(?:www\.|ref\.)?gs1\.org/voc/")
_PLAIN_URL = re.compile(r"https?://[a-zA-Z0-9./]+")

DEFAULT = GS1 + "defaultLink"
DEFAULT_MULTI = GS1 + "defaultLinkMulti"
HANDLED_BY = GS1 + "handledBy"
VERIFICATION = GS1 + "verificationService"
TRACEABILITY = GS1 + "traceability"
VERDICT = SUYUAN + "verdict"
PROVENANCE = SUYUAN + "provenance"
STORY = SUYUAN + "story"
SUCCESSOR = "successor-version"

LINKSET_WORDS = frozenset({"linkset", "all"})
"""Values of ``linkType`` that ask for the linkset itself; ``all`` is the older word."""


class UnknownLinkType(ValueError):
    """Raised for a link type that may not be registered; the message says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One link type of the table, in its spellings."""

    curie: str
    address: str


def terms() -> list[Term]:
    """All terms of GS1's vocabulary and ours, in order."""
    gs1 = [Term(f"gs1:{name}", GS1 + name) for name in sorted(_GS1_TERMS)]
    return gs1 + [Term(f"suyuan:{name}", SUYUAN + name) for name in sorted(_OWN_TERMS)]


def spelled(text: str) -> str:
    """The spelling that linksets use for a link type in any spelling. Unknown ones come back as they were."""
    text = text.strip()
    for prefix, address in (("gs1:", GS1), ("suyuan:", SUYUAN)):
        if text.startswith(prefix):
            return address + text.removeprefix(prefix)
    found = _ORIGINS.match(text)
    return GS1 + text[found.end() :] if found else text


def registrable(text: str) -> str:
    """The linkset's spelling of a link type that a maker wants to register.

    :raises UnknownLinkType: it is in no vocabulary, is answered by the resolver itself, or can't be a linkset's key.
    """
    address = spelled(text)
    if address.startswith(GS1):
        if address.removeprefix(GS1) not in _GS1_TERMS:
            raise UnknownLinkType(f"{text} is no link type of the GS1 Web Vocabulary")
        if address == HANDLED_BY:
            raise UnknownLinkType("gs1:handledBy is written by the resolver for delegated prefixes")
        return address
    if address.startswith(SUYUAN):
        raise UnknownLinkType(f"{text} is answered by the resolver itself")
    if address in _RELATIONS or _PLAIN_URL.fullmatch(address):
        return address
    raise UnknownLinkType(
        f"{text} is neither gs1:…, nor a relation of {', '.join(sorted(_RELATIONS))}, nor a plain http(s) address"
        " (letters, digits, dots and slashes)"
    )


def curie(address: str) -> str:
    """The short spelling for people."""
    for prefix, start in (("gs1:", GS1), ("suyuan:", SUYUAN)):
        if address.startswith(start):
            return prefix + address.removeprefix(start)
    return address
