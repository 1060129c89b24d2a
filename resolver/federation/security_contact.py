"""The file that tells finders of weaknesses whom to tell (RFC 9116). Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

EXPIRES_AFTER = timedelta(days=180)
"""RFC 9116, section 2.5.5, recommends less than a year. The file is made anew for each request, while we serve."""


def security_txt(contacts: Sequence[str], base_url: str, now: datetime) -> str:
    """The file's text, for ``contacts`` (``mailto:``, ``https:`` or ``tel:`` URIs, the preferred first).

    ``now`` in UTC. It expires at a full day, so that a day's answers are the same.
    """
    expires = (now + EXPIRES_AFTER).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {contact}" for contact in contacts]
    lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: zh, en"]
    lines += [f"Canonical: {base_url}/.well-known/security.txt"]
    return "\n".join(lines) + "\n"
