"""What each world is to a model: fitted on, used to choose its thresholds, or unseen. Pure."""

from collections.abc import Iterable, Mapping

from schemas.errors import Misconfigured

FITTED, THRESHOLDS, UNSEEN = "fitted", "thresholds", "unseen"


def seeds_of(text: str, option: str = "--worlds") -> range:
    """Seeds written as the first and the last one, as ``0-9``, or as a single one.

    :raises Misconfigured: it is neither.
    """
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit()) or int(last or first) < int(first):
        raise Misconfigured(f"{option} {text}: give the first and the last seed, as 0-9")
    return range(int(first), int(last or first) + 1)


def roles_of(seeds: Iterable[int], provenance: Mapping[str, object]) -> dict[int, str]:
    """The role of each world's seed, by what a model says of its own origin.

    Other parameters don't make a world unseen: seeds are kept apart.
    """
    fitted = _range(provenance, "worlds")
    chosen = _range(provenance, "threshold_worlds")
    return {seed: FITTED if seed in fitted else THRESHOLDS if seed in chosen else UNSEEN for seed in seeds}


def refuse_seen(roles: Mapping[int, str]) -> None:
    """Refuse to report on worlds that the model knows.

    :raises Misconfigured: one of them is not unseen.
    """
    seen = sorted(seed for seed, role in roles.items() if role != UNSEEN)
    if seen:
        names = ", ".join(map(str, seen))
        raise Misconfigured(f"worlds {names}: the model was fitted on them; play others, as 20-29, or say --seen")


def _range(provenance: Mapping[str, object], key: str) -> range:
    text = provenance.get(key)
    return seeds_of(text, f"model.json, {key}") if isinstance(text, str) else range(0)
