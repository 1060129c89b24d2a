import re
from hashlib import sha256

import pytest

from schemas.migrations import PROFILES, Migration, distribution, migrations


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profiles_steps_have_consecutive_numbers_each_once(profile):
    names = [step.name for step in migrations(profile)]
    assert all(re.fullmatch(r"[0-9]{4}_[a-z_]+\.sql", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_every_profile_takes_the_same_steps_by_name():
    names = {tuple(step.name for step in migrations(profile)) for profile in PROFILES}
    assert len(names) == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_no_step_takes_anything_away(profile):
    for step in migrations(profile):
        assert not re.search(r"\b(DROP (?!CONSTRAINT|EXPRESSION|INDEX|POLICY)|(?<!BEFORE )TRUNCATE\b)", step.sql), (
            step.name
        )


@pytest.mark.parametrize("profile", PROFILES)
def test_the_keys_of_partitioned_tables_contain_item_and_time(profile):
    sql = "\n".join(step.sql for step in migrations(profile))
    (table,) = re.findall(r"CREATE TABLE suyuan\.event \((.*?)\n\)", sql, re.DOTALL)
    assert "PRIMARY KEY (item_id, occurred_at, event_id)" in table
    assert "UNIQUE" not in table


def test_the_event_table_has_the_same_columns_in_every_profile():
    tables = set()
    for profile in PROFILES:
        sql = "\n".join(step.sql for step in migrations(profile))
        tables.update(re.findall(r"CREATE TABLE suyuan\.event \((.*?)\n\)", sql, re.DOTALL))
    assert len(tables) == 1


def test_only_citus_spreads_its_tables():
    assert [profile for profile in PROFILES if distribution(profile)] == ["citus"]


def test_a_changed_file_has_another_digest():
    assert Migration("a", "SELECT 1").digest == sha256(b"SELECT 1").hexdigest()
    assert Migration("a", "SELECT 2").digest != Migration("a", "SELECT 1").digest


@pytest.mark.parametrize("profile", ["", "oracle", "Plain", "../plain"])
def test_a_profile_that_does_not_exist_is_refused_by_name(profile):
    with pytest.raises(ValueError, match="is none of plain"):
        migrations(profile)
