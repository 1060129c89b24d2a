"""The resolver's keyring on a real store: the keys are read only when they have changed, and kept while it is away."""

import pytest

from resolver.key import revocation_store
from resolver.key.keyring import LiveKeyring
from resolver.key.store import add_seal_key
from resolver.store import Scope, Store
from schemas.errors import StoreUnavailable
from scripts.system.fixtures import GTIN, MAKER, register_maker
from tests.support.waiting import wait_for


@pytest.fixture
def store(database):
    with database.owner() as owner:
        register_maker(owner)
    with Store(database.resolver_dsn, pool_size=1, wait_s=0.3) as store:
        yield store


@pytest.mark.kills_store
def test_the_keys_are_read_when_they_have_changed_and_stay_while_the_store_is_away(store, unreachable):
    live = LiveKeyring(store, bytes(32), interval_s=1)
    assert live.age_s is None
    with pytest.raises(StoreUnavailable):
        live.current()

    live.refresh()
    first = live.current()
    assert first.issuer_of(GTIN).org_id == MAKER
    assert first.issuer_of(GTIN).revoked == frozenset()
    live.refresh()
    assert live.current() is first, "nothing has changed, so that no key was read"

    with store.transaction(Scope(MAKER)) as cursor:
        assert add_seal_key(cursor, MAKER) == 1
        revocation_store.request(cursor, REVOCATION)
    assert live.current() is first
    live.refresh()
    assert live.current().issuer_of(GTIN).revoked == {0}

    changed = live.current()
    with unreachable():
        with pytest.raises(StoreUnavailable):
            live.refresh()
        assert live.current() is changed
        assert live.age_s >= 0
    wait_for(lambda: refreshed(live))
    assert live.current() is changed


REVOCATION = {
    "org_id": MAKER,
    "kind": "seal",
    "key": "0",
    "reason": "a key was copied",
    "emergency": True,
    "requested_by": "test",
    "requested_token": None,
}


def refreshed(live):
    """True when the store has answered; its pool waits a little longer after each failure to connect."""
    try:
        live.refresh()
    except StoreUnavailable:
        return False
    return True
