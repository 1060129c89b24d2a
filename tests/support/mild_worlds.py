"""Worlds without what makes detection hard: for tests of the judging and measuring itself, not of how good it is."""

from dataclasses import replace

from firmware_sim.population.settings import Settings, load_settings

_MILD = {
    "consumer.repeat_share": 0.0,
    "consumer.pack_share": 0.0,
    "consumer.habit_share": 1.0,
    "consumer.cookieless_share": 0.0,
    "consumer.reload_share": 0.0,
    "consumer.further_handset_share": 0.02,
    "location.unplaced_share": 0.0,
    "location.known_share": 1.0,
    "location.page_share": 0.0,
    "location.vpn_share": 0.03,
    "location.wifi_share": 0.25,
    "network.cities_per_dealer": 1,
    "network.dealers_apart_km": 140.0,
    "network.territory_km": 60.0,
    "travel.share": 0.06,
    "consumer.household_share": 0.7,
}


def mild_settings(**changes: float) -> Settings:
    """The evaluation's settings, but: every purchase by new people, every phone placed and known by its cookie.

    Worlds of other seeds don't differ in these. ``changes`` are parameters, ``table__name`` for ``table.name``.
    """
    settings = load_settings()
    mild = replace(settings, vary=tuple(row for row in settings.vary if row.key not in _MILD))
    return mild.with_values(_MILD | {key.replace("__", "."): value for key, value in changes.items()})
