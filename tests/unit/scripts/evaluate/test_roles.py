import pytest

from firmware_sim.population.settings import load_settings
from schemas.errors import Misconfigured
from scripts.commands.evaluate.roles import refuse_seen, roles_of
from scripts.commands.evaluate.scenarios import scenarios_of

MODEL = {"worlds": "0-9", "threshold_worlds": "10-19"}


def test_a_world_has_the_role_that_the_model_itself_names():
    assert roles_of([9, 10, 20], MODEL) == {9: "fitted", 10: "thresholds", 20: "unseen"}
    assert set(roles_of(range(30), {}).values()) == {"unseen"}


def test_reporting_on_worlds_that_the_model_knows_is_refused():
    refuse_seen(roles_of(range(20, 30), MODEL))
    with pytest.raises(Misconfigured, match="worlds 18, 19: the model was fitted on them"):
        refuse_seen(roles_of(range(18, 22), MODEL))


def test_groups_of_scenarios_are_spelled_out_and_every_name_of_them_is_known():
    settings = load_settings()
    everything = scenarios_of(settings, ["S0", "attacks", "variants", "unplaced", "stresses", "spread"])
    assert {"S1-M1", "S0-unplaced", "S2@half_placed", "S1@vpn_high"} <= set(everything)
    changed = [name for name in everything if ("-" in name or "@" in name) and not name.endswith("_low")]
    assert all(settings.of_variant(name) != settings for name in changed)
    assert set(scenarios_of(settings, [])) == {name for name in everything if not name.endswith(("_low", "_high"))}
