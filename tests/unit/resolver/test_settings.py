"""The resolver's settings: what is missing names itself, and what is there is documented."""

import pytest

from resolver.settings import Settings, pepper, read_secret, seal_root
from schemas.errors import Misconfigured
from schemas.settings import PREFIX, documentation

WHOLE = {
    "SUYUAN_DATABASE_URL": "postgresql://suyuan_resolver:secret@db/suyuan",
    "SUYUAN_PUBLIC_DATABASE_URL": "postgresql://suyuan_public:secret@db/suyuan",
    "SUYUAN_SEAL_ROOT_FILE": "root",
    "SUYUAN_SIGNING_KEY_DIR": "keys",
    "SUYUAN_PEPPER_FILE": "pepper",
    "SUYUAN_WEBHOOK_ROOT_FILE": "webhook-root",
    "SUYUAN_ANSWER_KEY_FILE": "answer-key",
    "SUYUAN_BASE_URL": "https://id.example.com/",
}


def test_loopback_is_the_default_and_a_trailing_slash_does_no_harm():
    settings = Settings.from_env(WHOLE)
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8000)
    assert settings.base_url == "https://id.example.com"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_missing_setting_names_itself(name):
    with pytest.raises(Misconfigured, match=f"{name} is missing; set it"):
        Settings.from_env({key: value for key, value in WHOLE.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUYUAN_HTTP_PORT", "70000"),
        ("SUYUAN_HTTP_PORT", "http"),
        ("SUYUAN_POOL_SIZE", "0"),
        ("SUYUAN_KEYRING_REFRESH_S", "nan"),
        ("SUYUAN_BASE_URL", "id.example.com"),
        ("SUYUAN_BASE_URL", "https://id.example.com/path"),
        ("SUYUAN_TRUSTED_PROXIES", "everybody"),
        ("SUYUAN_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SUYUAN_SECURITY_CONTACT", "security@example.com"),
        ("SUYUAN_SECURITY_CONTACT", "http://example.com/report"),
    ],
)
def test_a_wrong_setting_names_itself_and_the_value(name, value):
    with pytest.raises(Misconfigured, match=name) as caught:
        Settings.from_env(WHOLE | {name: value})
    assert value in str(caught.value)


def test_published_under_https_it_wants_to_know_its_proxy():
    published = WHOLE | {"SUYUAN_HTTP_HOST": "0.0.0.0"}
    with pytest.raises(Misconfigured, match="SUYUAN_TRUSTED_PROXIES is missing"):
        Settings.from_env(published)
    assert Settings.from_env(published | {"SUYUAN_TRUSTED_PROXIES": "10.0.0.7, 10.1.0.0/16"})
    assert Settings.from_env(published | {"SUYUAN_BASE_URL": "http://id.example.com"})


def test_the_connection_may_stand_in_a_file(tmp_path):
    (tmp_path / "url").write_text("postgresql://in-a-file\n")
    environ = {key: value for key, value in WHOLE.items() if key != "SUYUAN_DATABASE_URL"}
    environ["SUYUAN_DATABASE_URL_FILE"] = str(tmp_path / "url")
    assert Settings.from_env(environ).database_url == "postgresql://in-a-file"
    environ["SUYUAN_DATABASE_URL_FILE"] = str(tmp_path / "none")
    with pytest.raises(Misconfigured, match="SUYUAN_DATABASE_URL_FILE"):
        Settings.from_env(environ)


def test_every_setting_is_documented():
    documented = {name for name, _, text in documentation(Settings) if len(text) > 10}
    assert documented == {PREFIX + field_name.upper() for field_name in Settings.model_fields}


def test_a_secret_is_read_raw_or_in_hexadecimal_and_never_too_short(tmp_path):
    path = tmp_path / "root"
    settings = Settings.from_env(WHOLE | {"SUYUAN_SEAL_ROOT_FILE": str(path), "SUYUAN_PEPPER_FILE": str(path)})
    path.write_text("ab" * 32 + "\n")
    assert seal_root(settings) == b"\xab" * 32
    path.write_bytes(b"\xfe" * 32)
    assert seal_root(settings) == b"\xfe" * 32
    path.write_text("ab" * 8)
    with pytest.raises(Misconfigured, match=r"SUYUAN_PEPPER_FILE: .* holds 8 bytes"):
        pepper(settings)
    with pytest.raises(Misconfigured, match="SUYUAN_X: can't read"):
        read_secret(tmp_path / "none", "X", 1)


@pytest.mark.parametrize(
    "text", ["ab" * 31 + "a", "ab" * 31 + "ax", "0x" + "ab" * 32, "correct horse battery staple, twice"]
)
def test_text_that_is_not_hexadecimal_is_no_secret(tmp_path, text):
    """A digit that was lost made another root of the file's characters, and every code a forgery."""
    path = tmp_path / "root"
    path.write_text(text)
    settings = Settings.from_env(WHOLE | {"SUYUAN_SEAL_ROOT_FILE": str(path)})
    with pytest.raises(Misconfigured, match=r"SUYUAN_SEAL_ROOT_FILE: .* not hexadecimal"):
        seal_root(settings)
