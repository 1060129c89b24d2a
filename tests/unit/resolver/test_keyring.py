"""The resolver's keyring: one small question a moment, and the keys only when its answer has changed."""

from contextlib import contextmanager

import pytest

from resolver.key.keyring import LiveKeyring
from schemas.errors import StoreUnavailable


class Cursor:
    def __init__(self, store):
        self._store = store

    def execute(self, statement, _=None):
        self._store.asked.append(statement)
        if "key_epoch" in statement:
            self._rows = [{"epoch": self._store.epoch}]
        elif "company_prefix" in statement:
            self._rows = [{"prefix": "9521234", "org_id": "huadu"}]
        elif "seal_key" in statement:
            self._rows = [{"org_id": "huadu", "key_number": 0, "revoked_at": self._store.revoked_at}]
        else:
            self._rows = []
        return self

    def fetchone(self):
        return self._rows[0]

    def fetchall(self):
        return self._rows


class Store:
    def __init__(self):
        self.asked, self.epoch, self.revoked_at, self.up = [], 7, None, True

    @contextmanager
    def transaction(self, _):
        if not self.up:
            raise StoreUnavailable("away")
        yield Cursor(self)


def test_the_keys_are_read_again_only_when_the_epoch_has_moved():
    store = Store()
    live = LiveKeyring(store, bytes(32), interval_s=1)
    live.refresh()
    first, asked = live.current(), len(store.asked)
    live.refresh()
    assert live.current() is first
    assert len(store.asked) == asked + 1
    store.epoch, store.revoked_at = 8, "now"
    live.refresh()
    assert live.current().issuer_of("09521234000013").revoked == {0}


def test_with_the_store_away_the_last_keyring_stays_and_its_age_tells():
    store = Store()
    live = LiveKeyring(store, bytes(32), interval_s=1)
    assert live.age_s is None
    with pytest.raises(StoreUnavailable):
        live.current()
    live.refresh()
    store.up = False
    with pytest.raises(StoreUnavailable):
        live.refresh()
    assert live.current().issuer_of("09521234000013").org_id == "huadu"
    assert live.age_s >= 0
