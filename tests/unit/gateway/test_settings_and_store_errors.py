"""The gateway's small parts: settings, batches, errors of the store, acknowledgements, counters."""

from collections import Counter

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors

from gateway.ingest.batching import Fill, Limits
from gateway.ingest.metrics import IngestCounters, Metrics
from gateway.settings import Settings, read_seal_root
from gateway.store.errors import Remedy, remedy
from schemas.errors import Misconfigured
from schemas.moment import to_datetime, to_microseconds

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


@given(st.lists(st.tuples(st.integers(0, 2000), st.floats(0, 0.01)), min_size=1))
def test_a_batch_is_full_by_count_or_bytes_and_its_age_bounds_the_wait_for_more(messages) -> None:
    limits = Limits(messages=5, size=4000, age=0.02)
    fill, now = Fill(limits, started=0.0), 0.0
    for size, wait in messages:
        fill.add(size)
        now += wait
        assert fill.full == (fill.messages >= 5 or fill.size >= 4000)
        assert 0 <= fill.patience(now) <= limits.age
        assert (fill.patience(now) == 0) == (now >= limits.age)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("server closed the connection"), Remedy.RETRY),
        (errors.SerializationFailure(), Remedy.RETRY),
        (errors.DeadlockDetected(), Remedy.RETRY),
        (errors.DiskFull(), Remedy.RETRY),
        (errors.TooManyConnections(), Remedy.RETRY),
        (errors.AdminShutdown(), Remedy.RETRY),
        (errors.QueryCanceled(), Remedy.RETRY),
        (errors.ReadOnlySqlTransaction(), Remedy.RETRY),
        (errors.NumericValueOutOfRange(), Remedy.REJECT),
        (errors.CheckViolation(), Remedy.REJECT),
        (errors.UntranslatableCharacter(), Remedy.REJECT),
        (errors.UndefinedTable(), Remedy.STOP),
        (errors.InsufficientPrivilege(), Remedy.STOP),
        (errors.InvalidPassword(), Remedy.STOP),
    ],
)
def test_what_the_store_says_decides_between_trying_again_refusing_and_stopping(error, expected) -> None:
    assert remedy(error) is expected


def test_counters_and_tally_balance() -> None:
    metrics, total = Metrics(), IngestCounters()
    for tally in (
        IngestCounters(received=10, stored=7, duplicate=2, rejected=Counter(bad_signature=1), messages=3),
        IngestCounters(received=1, rejected=Counter(unreadable=1), messages=1),
    ):
        assert tally.balanced
        metrics.committed(tally)
        total.add(tally)
    assert total.balanced
    read = metrics.registry.get_sample_value
    assert read("suyuan_events_received_total") == total.received == 11
    assert read("suyuan_events_rejected_total", {"reason": "unreadable"}) == 1
    assert not IngestCounters(received=2, stored=1).balanced


@given(st.integers(0, 4_000_000_000_000_000))
def test_moments_survive_the_way_to_the_store_and_back(microseconds: int) -> None:
    assert to_microseconds(to_datetime(microseconds)) == microseconds
