"""What docs/operations.md says of the resolver while the store is away."""

from resolver.app import create_app
from resolver.key.keyring import LiveKeyring
from resolver.services import build_services
from resolver.settings import Settings
from schemas.keys import Issuer, Keyring, seal_key
from schemas.serial import Sealer
from scripts.system.fixtures import GTIN, PREFIX
from tests.support.served import served

FORGED = f"/01/{GTIN}/21/0123456789ABCDEFGHJK"


def test_forged_codes_are_judged_by_the_keys_that_were_read_before_and_without_any_nothing_is(tmp_path, monkeypatch):
    (tmp_path / "root").write_text("11" * 32)
    (tmp_path / "pepper").write_bytes(b"a pepper that nobody knows")
    settings = Settings.from_env(
        {
            "SUYUAN_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none",
            "SUYUAN_SEAL_ROOT_FILE": str(tmp_path / "root"),
            "SUYUAN_SIGNING_KEY_DIR": str(tmp_path / "keys"),
            "SUYUAN_PEPPER_FILE": str(tmp_path / "pepper"),
            "SUYUAN_BASE_URL": "https://id.example.com",
        }
    )
    services = build_services(settings)
    services.store._pool.timeout = 0.2
    with served(create_app(services)) as client:
        client.headers["Accept"] = "application/json"
        early = client.get(FORGED)
        assert (early.status_code, early.headers["retry-after"]) == (503, "2"), "started without a store: no keys yet"
        sealer = Sealer(seal_key(bytes.fromhex("11" * 32), "maker", 0), 0)
        kept = Keyring({PREFIX: Issuer("maker", (sealer,))}, {})
        monkeypatch.setattr(LiveKeyring, "current", lambda _: kept)
        assert client.get(FORGED).json()["verdict"] == "forged"
        genuine = client.get(f"/01/{GTIN}/21/{sealer.seal(GTIN, 1, 1)}")
        assert genuine.status_code == 503, "what is genuine so far may have been copied: that stands in the store"
