"""The numbers of a population: checked, with the place of a mistake."""

from pathlib import Path

import pytest

import firmware_sim.population
from firmware_sim.population.settings import load_settings, parse_settings
from firmware_sim.population.world import worlds
from schemas.errors import Misconfigured

UNSEEN = Path(firmware_sim.population.__file__).with_name("unseen.toml")


def test_a_wrong_number_is_named_with_its_file_and_line():
    with pytest.raises(Misconfigured, match=r"my\.toml, line 2: travel\.share is 3\.0, not from 0 to 1"):
        parse_settings("[travel]\nshare = 3", "my.toml")
    with pytest.raises(Misconfigured, match=r"line 2: travel\.shares is not a parameter"):
        parse_settings("[travel]\nshares = 0.1", "my.toml")
    with pytest.raises(Misconfigured, match=r"'travel\.nothing' is not a parameter"):
        parse_settings('[[variant]]\nof = "x"\nkey = "travel.nothing"\nvalue = 1.0', "my.toml")
    with pytest.raises(Misconfigured, match=r"transport\.road_log_sd_90 is less than"):
        parse_settings("[transport]\nroad_log_sd_90 = 0.01", "my.toml")


def test_a_file_needs_only_what_it_changes():
    assert parse_settings("[travel]\nshare = 0.2", "my.toml").travel.share == 0.2
    assert parse_settings("", "my.toml") == load_settings()


def test_the_unseen_country_is_another_one_whose_worlds_can_be_made():
    unseen = load_settings(UNSEEN)
    assert {row.key for row in unseen.vary} == {row.key for row in load_settings().vary} - {"network.plants"}
    small = unseen.with_values({"goods.items": 3000}).of_seed(20)
    assert len(next(iter(worlds(small, 20, ["S1"]))).crimes) == 1
