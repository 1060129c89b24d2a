"""The handset's cookie: what we signed names a phone, anything else names none."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from resolver.access import handset

PEPPER = b"pepper"
INSTALL = "0123456789abcdef" * 2


def request(cookie: str) -> Request:
    headers = [(b"cookie", f"__Host-{handset.COOKIE}={cookie}".encode())]
    return Request({"type": "http", "scheme": "https", "server": ("x", 443), "path": "/", "headers": headers})


def test_a_phone_is_known_by_the_cookie_that_it_was_given():
    response = Response()
    handset.remember(request(""), response, INSTALL, PEPPER)
    value = response.headers["set-cookie"].partition(";")[0].partition("=")[2]
    assert handset.handset_of(request(value), PEPPER) == INSTALL
    assert handset.install_of(value) == handset.install_of(INSTALL) == INSTALL
    assert handset.hashed(PEPPER, INSTALL)[:16] not in value, "what is stored does not follow from the cookie"


@pytest.mark.parametrize(
    "cookie",
    [
        INSTALL,  # as they were before they were signed
        handset.cookie_of(b"another pepper", INSTALL),
        handset.cookie_of(PEPPER, INSTALL).replace("0", "1", 1),
        f"{INSTALL}.{handset.hashed(PEPPER, INSTALL)}",
        handset.cookie_of(PEPPER, INSTALL) + "0",
        "",
    ],
)
def test_a_cookie_that_we_did_not_sign_is_a_new_visitor(cookie):
    assert handset.handset_of(request(cookie), PEPPER) is None
