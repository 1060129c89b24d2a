"""Whose codes another resolver answers for: rules by the beginning of a canonical path, the longest first. Pure.

A rule counts only for codes of nobody here, and a request that another resolver has passed on is passed on no further.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from resolver.link.target import DELEGATED

PATTERN = re.compile(r"[0-9]{2,4}/[!-.0-~]{1,200}")
"""An AI and the beginning of its value: ``01/0952``, ``00/3952``, ``8003/0952``."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """What begins with ``pattern`` is answered by ``resolver`` (scheme and host, no trailing slash).

    ``fetched``: it is asked for its linkset on a client's behalf; otherwise clients are sent there.
    """

    pattern: str
    resolver: str
    title: str
    fetched: bool = False


class Delegations:
    """Rules in a table by their beginning: as many look-ups as there are lengths, however many rules."""

    def __init__(self, rules: Iterable[Delegation]) -> None:
        self._rules: Mapping[str, Delegation] = {rule.pattern: rule for rule in rules}
        self._lengths = sorted({len(pattern) for pattern in self._rules}, reverse=True)

    def find(self, canonical: str) -> Delegation | None:
        """The most specific rule for a canonical path without its leading slash."""
        for length in self._lengths:
            rule = self._rules.get(canonical[:length])
            if rule is not None:
                return rule
        return None


def delegation(row: Mapping[str, Any]) -> Delegation:
    """A stored rule as a value."""
    return Delegation(row["pattern"], row["resolver"].rstrip("/"), row["title"], row["fetched"])


def was_passed_on(query: str) -> bool:
    """True for a request that another resolver has passed on."""
    return any(name == DELEGATED for name, _ in parse_qsl(query, keep_blank_values=True))
