"""Floods: few networks behind many accused items lift the limit of these items, and of no others. Pure.

A network that looks at the copies of one counterfeiter is behind a few of them. One that is behind dozens of accused
items accuses everybody: its word is worth less with each item, and honest alerts beside it stay as they are.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from math import log
from statistics import median

FREE_ITEMS = 3
"""So many accused items a network may be behind: neighbours buy the same copies."""
STEEPNESS = 4.0
"""Log odds by which the limit rises for each e-fold more."""


def lifts(voices: Mapping[int, Collection[str]]) -> dict[int, float]:
    """By item the lift of its limit in log odds, where there is one. ``voices``: by accused item who accuses it."""
    items = Counter(voice for heard in voices.values() for voice in set(heard))
    found = {}
    for item, heard in voices.items():
        usual = median(items[voice] for voice in heard) if heard else 0
        if usual > FREE_ITEMS:
            found[item] = STEEPNESS * log(usual / FREE_ITEMS)
    return found
