"""Levels of granularity of one identity: from the serial up to the bare key. Pure.

Every subset of a URI's qualifiers is a level, more qualifiers before fewer and finer ones before coarser: links that a
maker registered for ``01/…/21/…`` are those of ``01/…/10/…/21/…`` too.
"""

from itertools import combinations


def levels(path: str) -> tuple[str, ...]:
    """The canonical paths (without a leading slash) of an identity and its ancestors, most granular first.

    ``path`` is canonical: ``/{key}/{value}`` and qualifiers in the standard's order, at most four of them.
    """
    segments = path.strip("/").split("/")
    key, qualifiers = segments[:2], list(zip(segments[2::2], segments[3::2], strict=True))[:4]
    paths: list[str] = []
    for count in range(len(qualifiers), -1, -1):
        # Qualifiers stand from coarse to fine, so that combinations of the reversed list begin with the finest.
        for chosen in combinations(reversed(qualifiers), count):
            parts = [part for pair in qualifiers if pair in chosen for part in pair]
            paths.append("/".join([*key, *parts]))
    return tuple(paths)


def with_lot(path: str, lot: str) -> str:
    """``01/{gtin}/21/{serial}`` with its lot (percent-encoded) in between; other paths as they are."""
    segments = path.strip("/").split("/")
    if segments[0] == "01" and "21" in segments[2::2] and "10" not in segments[2::2]:
        position = 2 * segments[2::2].index("21") + 2
        segments[position:position] = ["10", lot]
    return "/".join(segments)
