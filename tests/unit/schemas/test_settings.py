"""Settings: one mechanism for all processes. Values, files, errors, and no secrets where people read."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from gateway.assess.settings import AssessSettings
from gateway.capture.settings import CaptureSettings
from gateway.notify.settings import NotifySettings
from gateway.settings import Settings as GatewaySettings
from resolver.settings import Settings as ResolverSettings
from schemas.errors import Misconfigured
from schemas.settings import PREFIX, SettingsBase, YesNo, documentation, setting

KINDS = (GatewaySettings, CaptureSettings, NotifySettings, AssessSettings, ResolverSettings)


class Example(SettingsBase):
    password: str = setting("EXAMPLE_PASSWORD", "a password", secret=True)
    port: int = setting("EXAMPLE_PORT", "a port", default=1883, ge=1, le=65_535)
    share: float = setting("EXAMPLE_SHARE", "a share", default=0.5, ge=0)
    colour: Literal["red", "green"] = setting("EXAMPLE_COLOUR", "a colour", default="red")
    on: YesNo = setting("EXAMPLE_ON", "whether, yes or no", default=False)
    ca_file: Path | None = setting("EXAMPLE_CA_FILE", "a file", default=None)


class Lenient(Example):
    model_config = SettingsConfigDict(env_ignore_empty=True)


GIVEN = {"SUYUAN_EXAMPLE_PASSWORD": "hush-hush"}


def test_defaults_values_and_types():
    settings = Example.from_env(GIVEN | {"SUYUAN_EXAMPLE_ON": "Yes", "SUYUAN_EXAMPLE_CA_FILE": "/ca.pem", "PATH": "/"})
    assert (settings.port, settings.share, settings.colour, settings.on) == (1883, 0.5, "red", True)
    assert settings.ca_file == Path("/ca.pem")
    with pytest.raises(ValidationError):
        settings.port = 1


def test_the_environment_is_read_only_where_it_is_given(monkeypatch):
    monkeypatch.setenv("SUYUAN_EXAMPLE_PORT", "9")
    monkeypatch.setenv("PORT", "9")
    assert Example.from_env(GIVEN).port == Example(password="x").port == 1883


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "0", "SUYUAN_EXAMPLE_PORT is '0'; set it to a whole number from 1 to 65535"),
        ("PORT", "many", "SUYUAN_EXAMPLE_PORT is 'many'; set it to a whole number from 1 to 65535"),
        ("PORT", "", "SUYUAN_EXAMPLE_PORT is ''; set it to a whole number from 1 to 65535"),
        ("SHARE", "-1", "SUYUAN_EXAMPLE_SHARE is '-1'; set it to a number, 0 or more"),
        ("COLOUR", "blue", "SUYUAN_EXAMPLE_COLOUR is 'blue'; set it to red or green"),
        ("ON", "perhaps", "SUYUAN_EXAMPLE_ON is 'perhaps'; set it to yes or no"),
    ],
)
def test_a_wrong_value_is_told_with_the_fix(name, value, said):
    with pytest.raises(Misconfigured) as caught:
        Example.from_env(GIVEN | {f"SUYUAN_EXAMPLE_{name}": value})
    assert str(caught.value) == said


def test_a_missing_value_is_told_with_both_ways_to_set_it():
    with pytest.raises(Misconfigured) as caught:
        Example.from_env({})
    assert str(caught.value) == (
        "SUYUAN_EXAMPLE_PASSWORD is missing; set it, or SUYUAN_EXAMPLE_PASSWORD_FILE to a path: a password"
    )


def test_a_value_may_stand_in_a_file_and_the_environment_goes_first(tmp_path):
    (tmp_path / "password").write_text(" from a file\n")
    environ = {"SUYUAN_EXAMPLE_PASSWORD_FILE": str(tmp_path / "password")}
    assert Example.from_env(environ).password == "from a file"
    assert Example.from_env(environ | GIVEN).password == "hush-hush"
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(Misconfigured, match=f"SUYUAN_EXAMPLE_PASSWORD_FILE: can't read {path} "):
            Example.from_env({"SUYUAN_EXAMPLE_PASSWORD_FILE": str(path)})


def test_an_empty_value_is_one_unless_the_class_ignores_it():
    empty = GIVEN | {"SUYUAN_EXAMPLE_PASSWORD": "", "SUYUAN_EXAMPLE_CA_FILE": " "}
    assert Example.from_env(empty).password == ""
    with pytest.raises(Misconfigured, match="SUYUAN_EXAMPLE_PASSWORD is missing"):
        Lenient.from_env(empty)
    assert Lenient.from_env(GIVEN | {"SUYUAN_EXAMPLE_CA_FILE": " "}).ca_file is None


def test_no_secret_is_shown():
    settings = Example.from_env(GIVEN)
    assert "hush" not in repr(settings) + str(settings)
    for kind in KINDS:
        for name, field in kind.model_fields.items():
            secret = "password" in name or name.endswith("database_url") or name == "limits_storage"
            assert field.repr is not secret, f"{kind.__name__}.{name}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_has_a_name_and_a_meaning(kind):
    rows = documentation(kind)
    assert len({name for name, _, _ in rows}) == len(kind.model_fields)
    assert all(name.startswith(PREFIX) and len(meaning) > 6 for name, _, meaning in rows)


def test_defaults_are_documented_as_one_would_write_them():
    assert [default for _, default, _ in documentation(Example)] == ["", "1883", "0.5", "red", "no", ""]
