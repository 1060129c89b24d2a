"""The handset's cookie: what we signed names a phone, anything else names none."""

import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest
from starlette.requests import Request
from starlette.responses import Response

from resolver.access import handset

PEPPER = b"pepper"
INSTALL = "0123456789abcdef" * 2
MARCH, APRIL = datetime(2026, 3, 31, 23, tzinfo=UTC), datetime(2026, 4, 1, 1, tzinfo=UTC)


def request(cookie: str) -> Request:
    headers = [(b"cookie", f"__Host-{handset.COOKIE}={cookie}".encode())]
    return Request({"type": "http", "scheme": "https", "server": ("x", 443), "path": "/", "headers": headers})


def test_a_phone_is_known_by_the_cookie_that_it_was_given():
    response = Response()
    handset.remember(request(""), response, INSTALL, PEPPER)
    value = response.headers["set-cookie"].partition(";")[0].partition("=")[2]
    assert handset.handset_of(request(value), PEPPER) == INSTALL
    assert handset.install_of(value) == handset.install_of(INSTALL) == INSTALL
    stored = handset.phone_of(PEPPER, INSTALL, "maker", MARCH)
    assert not [name for name in stored.known if name[:16] in value], "what is stored does not follow from the cookie"


@pytest.mark.parametrize(
    "cookie",
    [
        INSTALL,  # as they were before they were signed
        handset.cookie_of(b"another pepper", INSTALL),
        handset.cookie_of(PEPPER, INSTALL).replace("0", "1", 1),
        f"{INSTALL}.{handset.pseudonym(PEPPER, INSTALL, '', MARCH)}",
        handset.cookie_of(PEPPER, INSTALL) + "0",
        "",
    ],
)
def test_a_cookie_that_we_did_not_sign_is_a_new_visitor(cookie):
    assert handset.handset_of(request(cookie), PEPPER) is None


def test_two_organisations_and_two_quarters_know_a_phone_by_names_that_cannot_be_joined():
    names = {handset.pseudonym(PEPPER, INSTALL, org, at) for org in ("maker", "rival", "") for at in (MARCH, APRIL)}
    assert len(names) == 6
    assert handset.pseudonym(PEPPER, INSTALL, "maker", MARCH - timedelta(days=80)) in names, "one name a quarter"
    in_china = MARCH.astimezone(timezone(timedelta(hours=8)))
    assert handset.pseudonym(PEPPER, INSTALL, "maker", in_china) in names, "quarters are those of UTC"


def test_a_phone_is_told_from_others_for_as_long_as_its_cookie_lasts():
    phone = handset.phone_of(PEPPER, INSTALL, "maker", APRIL)
    assert phone.current == handset.pseudonym(PEPPER, INSTALL, "maker", APRIL)
    before = {handset.pseudonym(PEPPER, INSTALL, "maker", APRIL - timedelta(days=days)) for days in range(0, 400, 30)}
    assert before <= phone.known
    assert handset.pseudonym(PEPPER, INSTALL, "rival", APRIL) not in phone.known
    assert handset.phone_of(PEPPER, "another install", "maker", APRIL).known.isdisjoint(phone.known)


def test_an_app_that_calls_its_phone_by_a_purpose_of_the_pepper_learns_no_key():
    for purpose in ("suyuan/v1/network/2026-01-01", "suyuan/v1/handset/maker/2026-1"):
        key = hmac.digest(PEPPER, purpose.encode(), "sha256").hex()
        assert handset.pseudonym(PEPPER, purpose, "maker", MARCH) not in (key[:32], key[32:])
