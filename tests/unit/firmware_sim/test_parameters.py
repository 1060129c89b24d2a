from dataclasses import FrozenInstanceError
from importlib.resources import files

import pytest

from firmware_sim.world.parameters import load_parameters, parse_parameters
from schemas.errors import Misconfigured

TEXT = (files("firmware_sim.world") / "world.toml").read_text(encoding="utf-8")


def line_of(fragment):
    return next(number for number, line in enumerate(TEXT.splitlines(), 1) if fragment in line)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("read_rate = 0.985", "read_rate = 1.5", "transport.read_rate is 1.5, not from 0 to 1"),
        ("read_rate = 0.985", "read_rate = nan", "transport.read_rate is nan"),
        ("units_per_case = 12", "units_per_case = 12.5", "packing.units_per_case is 12.5, not int"),
        ("units_per_case = 12", "units_per_case = true", "packing.units_per_case is True, not int"),
        ("radius_km = 50.0", 'radius_km = "wide"', "market.radius_km is 'wide', not a number"),
        ('plant_city = "chengdu"', 'plant_city = "atlantis"', "maker.plant_city there is no city 'atlantis'"),
        ('prefix = "9521234"', 'prefix = "95212"', "maker.prefix is not 7 digits"),
        ('lot = "B2602"', 'lot = "B2601"', "batch.1.lot 'B2601' is used twice"),
        ('org = "dealer-04"', 'org = "Dealer 4"', "dealer.3.org 'Dealer 4' is no DNS label"),
        ('dealers = ["dealer-05", "dealer-06"]', 'dealers = ["dealer-99"]', "batch.5.dealers there is no dealer"),
        ('cities = ["wuhan", "changsha"]', 'cities = "wuhan"', "dealer.3.cities is not a list"),
        ("gps_share = 0.66", "gps_share = 0.99", "consumer.mobile_ip_share the four position shares add up to"),
        ("days_ago = 58", "days_ago = 58\ncolour = 3", "batch.0.colour is not a parameter"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_line(old, new, named):
    assert TEXT.count(old) == 1
    with pytest.raises(Misconfigured) as raised:
        parse_parameters(TEXT.replace(old, new), "my.toml")
    assert named in str(raised.value)
    at = line_of(old) + new.count("\n")
    if "gps_share" not in old:
        assert str(raised.value).startswith(f"my.toml, line {at}: ")


def test_a_missing_key_is_named_with_the_line_of_its_table():
    with pytest.raises(Misconfigured, match=rf"line {line_of('[packing]')}: packing.packing_hours is missing"):
        parse_parameters(TEXT.replace("packing_hours", "# packing_hours"), "my.toml")


def test_a_missing_table_is_named():
    with pytest.raises(Misconfigured, match=r"my\.toml: maker is missing"):
        parse_parameters("", "my.toml")


def test_broken_toml_says_where():
    with pytest.raises(Misconfigured, match=r"my\.toml: .*line 2"):
        parse_parameters("[maker]\norg = \n", "my.toml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Misconfigured, match=r"no\.toml: No such file"):
        load_parameters(tmp_path / "no.toml")


def test_parameters_can_not_be_changed_after_they_were_read():
    parameters = load_parameters()
    with pytest.raises(FrozenInstanceError):
        parameters.retail.pos_share = 0.0
