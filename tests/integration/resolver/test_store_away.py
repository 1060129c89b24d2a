"""What docs/operations.md says of the resolver while the store is away."""

from resolver.app import create_app
from resolver.key.keyring import LiveKeyring
from schemas.keys import Issuer, Keyring, seal_key
from schemas.serial import Sealer
from scripts.system.fixtures import GTIN, PREFIX
from tests.support.served import SEAL_ROOT, resolver_services, served

FORGED = f"/01/{GTIN}/21/0123456789ABCDEFGHJK"


def test_forged_codes_are_judged_by_the_keys_that_were_read_before_and_without_any_nothing_is(tmp_path, monkeypatch):
    services = resolver_services("postgresql://nobody:x@127.0.0.1:1/none", tmp_path)
    services.store._pool.timeout = 0.2
    with served(create_app(services)) as client:
        client.headers["Accept"] = "application/json"
        early = client.get(FORGED)
        assert (early.status_code, early.headers["retry-after"]) == (503, "2"), "started without a store: no keys yet"
        sealer = Sealer(seal_key(SEAL_ROOT, "maker", 0), 0)
        kept = Keyring({PREFIX: Issuer("maker", (sealer,))}, {})
        monkeypatch.setattr(LiveKeyring, "current", lambda _: kept)
        assert client.get(FORGED).json()["verdict"] == "forged"
        genuine = client.get(f"/01/{GTIN}/21/{sealer.seal(GTIN, 1, 1)}")
        assert genuine.status_code == 503, "what is genuine so far may have been copied: that stands in the store"
