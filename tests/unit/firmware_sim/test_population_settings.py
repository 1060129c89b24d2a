"""The numbers of a population: checked, with the place of a mistake."""

import pytest

from firmware_sim.population.settings import load_settings, parse_settings
from schemas.errors import Misconfigured


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
