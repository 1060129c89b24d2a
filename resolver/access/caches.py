"""The caches whose size a sender can drive, by name, for the metrics."""

from collections.abc import Mapping
from functools import _lru_cache_wrapper
from typing import Any

from resolver.access import client_network
from resolver.text import places
from resolver.watch.metrics import CacheState

_CACHES: Mapping[str, "_lru_cache_wrapper[Any]"] = {
    "networks": client_network.block,
    "places": places.rough_place,
}


def states() -> dict[str, CacheState]:
    """How full each is, and how often it helped."""
    found = {}
    for name, cache in _CACHES.items():
        info = cache.cache_info()
        found[name] = CacheState(info.currsize, info.hits, info.misses)
    return found
