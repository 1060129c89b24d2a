"""Small decisions of the resolver's shell: who wants a page, who is a person, how exports and pages are written."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resolver.mint.issuer import BatchToMint, Issuer
from resolver.mint.signing_key import save_signing_key
from resolver.web.negotiation import is_person
from resolver.web.pagination import decode_cursor, encode_cursor, next_link, time_of
from resolver.web.problems import Refused
from resolver.web.responses import csv_lines, ndjson
from schemas.code import Proof, check
from schemas.digital_link import parse
from schemas.errors import Misconfigured
from schemas.keys import Issuer as CodeIssuer
from schemas.keys import Keyring, SigningKey, seal_key
from schemas.serial import Sealer


@pytest.mark.parametrize(
    ("user_agent", "purpose", "person"),
    [
        ("Mozilla/5.0 (iPhone) MicroMessenger/8.0", "", True),
        ("Mozilla/5.0 HeadlessChrome/120", "", True),
        ("", "", True),
        ("Twitterbot/1.0", "", False),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "", False),
        ("Mozilla/5.0", "prefetch;prerender", False),
    ],
)
def test_previews_crawlers_and_prefetches_are_no_scans(user_agent, purpose, person):
    assert is_person(user_agent, purpose) is person


def test_a_csv_is_no_spreadsheet_program():
    rows = [{"a": "=1+1", "b": datetime(2026, 1, 1, tzinfo=UTC)}, {"a": 'say "hi", you', "b": ["x"]}]
    text = b"".join(csv_lines(("a", "b"), rows)).decode()
    assert text == 'a,b\r\n\'=1+1,2026-01-01T00:00:00Z\r\n"say ""hi"", you","[""x""]"\r\n'


def test_an_empty_export_still_has_its_header():
    assert b"".join(csv_lines(("a", "b"), [])) == b"a,b\r\n"
    assert b"".join(ndjson([])) == b""


def test_ndjson_has_one_object_a_line():
    assert b"".join(ndjson([{"id": UUID(int=1)}, {"id": b"\x0f"}])) == (
        b'{"id":"00000000-0000-0000-0000-000000000001"}\n{"id":"0f"}\n'
    )


def test_a_cursor_comes_back_as_it_went_and_a_made_up_one_names_itself():
    assert decode_cursor(encode_cursor(["a", "乙"]), 2) == ["a", "乙"]
    assert next_link("/x", [("item", "a/b"), ("cursor", "old")], "new") == "/x?item=a%2Fb&cursor=new"
    for made_up in ("", "!!", encode_cursor(["one"]), encode_cursor([1, 2]), "x" * 7):
        with pytest.raises(Refused) as caught:
            decode_cursor(made_up, 2)
        assert caught.value.problem.to_document()["field"] == "cursor"
    for no_time in ("yesterday", "2026-01-01T00:00:00"):
        with pytest.raises(Refused):
            time_of(no_time)


ROOT = b"\x11" * 32
GTIN = "09521234000013"


def keyring(signing):
    issuer = CodeIssuer("huadu", (Sealer(seal_key(ROOT, "huadu", 3), 3),))
    return Keyring({"9521234": issuer}, signing)


def test_signed_codes_need_the_private_key_which_nobody_else_may_read(tmp_path):
    issuer = Issuer(ROOT, tmp_path / "keys", "https://id.example.com")
    batch = BatchToMint("huadu", 9, GTIN, 3, "7K")
    with pytest.raises(Misconfigured, match="put the PEM file of key 7K there"):
        issuer.mint(batch)

    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    save_signing_key(tmp_path / "keys", "7K", key)
    with pytest.raises(FileExistsError):
        save_signing_key(tmp_path / "keys", "7K", key)
    path = tmp_path / "keys" / "7K.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    public = SigningKey(
        "7K", "huadu", key.public_key(), datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    )
    (minted,) = issuer.mint(batch).codes(range(1))
    assert check(parse(minted.uri), keyring({"7K": public})).proof is Proof.SIGNED

    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        issuer.mint(batch)
