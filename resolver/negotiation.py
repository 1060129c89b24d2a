"""What a client would like to read (RFC 9110, section 12.5), and whether it is a person at all."""

import re

_MACHINES = re.compile(
    r"bot\b|bot/|crawler|spider|slurp|preview|facebookexternalhit|whatsapp/|embedly|pinterest|vkshare|"
    r"skypeuripreview|qqurlsafe|linkexpander|unfurl|scanner-check|uptime|monitoring",
    re.IGNORECASE,
)


def prefers_html(accept: str) -> bool:
    """True when the client names HTML and does not rank JSON above it; a program that takes anything gets JSON."""
    html = _quality(accept, "text/html", "application/xhtml+xml")
    return html > 0 and html >= _quality(accept, "application/json")


def is_person(user_agent: str, purpose: str) -> bool:
    """False for link previews, crawlers and prefetches, by what they say of themselves (header values)."""
    return not _MACHINES.search(user_agent) and "prefetch" not in purpose and "preview" not in purpose


def _quality(accept: str, *media_types: str) -> float:
    best = 0.0
    for part in accept.lower().split(","):
        media_type, *parameters = (each.strip() for each in part.split(";"))
        if media_type in media_types:
            best = max(best, _weight(parameters))
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
