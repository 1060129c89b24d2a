"""The gateway's settings and its sealing root."""

import pytest

from gateway.settings import Settings, read_seal_root
from schemas.errors import Misconfigured

ENVIRONMENT = {
    "SUYUAN_DATABASE_URL": "postgresql://gateway@localhost/suyuan",
    "SUYUAN_SEAL_ROOT_FILE": "/nowhere/seal-root",
    "SUYUAN_MQTT_USERNAME": "gateway",
    "SUYUAN_MQTT_PASSWORD": "a password",
}


def test_settings_come_from_the_environment_and_secrets_from_files(tmp_path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    environment = ENVIRONMENT | {"SUYUAN_MQTT_PASSWORD_FILE": str(tmp_path / "password"), "SUYUAN_MQTT_PORT": "1884"}
    del environment["SUYUAN_MQTT_PASSWORD"]
    settings = Settings.from_env(environment)
    assert (settings.mqtt_password, settings.mqtt_port, settings.metrics_host) == ("from a file", 1884, "127.0.0.1")


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_setting_names_itself(name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        Settings.from_env({key: value for key, value in ENVIRONMENT.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUYUAN_MQTT_PORT", "many"),
        ("SUYUAN_MQTT_PROTOCOL", "4"),
        ("SUYUAN_GATEWAY_SLOT", "-1"),
        ("SUYUAN_MQTT_PASSWORD_FILE", "/nowhere/password"),
    ],
)
def test_a_wrong_setting_names_itself(name: str, value: str) -> None:
    environment = {key: text for key, text in ENVIRONMENT.items() if not name.startswith(key)} | {name: value}
    with pytest.raises(Misconfigured, match=name):
        Settings.from_env(environment)


@pytest.mark.parametrize("text", ["", "abc", "00" * 31])
def test_a_short_or_broken_sealing_root_is_refused(tmp_path, text: str) -> None:
    (tmp_path / "root").write_text(text)
    with pytest.raises(Misconfigured, match="SEAL_ROOT"):
        read_seal_root(tmp_path / "root")
