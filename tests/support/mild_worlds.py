"""Worlds without what makes detection hard: for tests of the judging and measuring itself, not of how good it is."""

from firmware_sim.population.settings import Settings, load_settings

_MILD = {
    "consumer.repeat_share": 0.0,
    "consumer.pack_share": 0.0,
    "consumer.habit_share": 1.0,
    "consumer.cookieless_share": 0.0,
    "consumer.reload_share": 0.0,
    "consumer.further_handset_share": 0.02,
    "location.unplaced_share": 0.0,
    "location.page_share": 0.0,
}


def mild_settings(**changes: float) -> Settings:
    """The evaluation's settings, but: every purchase by new people, every phone placed and known by its cookie.

    ``changes`` are parameters, ``table__name`` for ``table.name``.
    """
    return load_settings().with_values(_MILD | {key.replace("__", "."): value for key, value in changes.items()})
