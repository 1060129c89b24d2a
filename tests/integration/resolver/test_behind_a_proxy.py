"""Behind the proxy that is shipped: people keep their own addresses, limits are each network's, cookies are Secure."""

import shutil
import ssl
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scripts.commands.broker_access.certificate_authority import make_authority, server_certificate
from scripts.environment import ROOT
from scripts.system.embedded.port import free_port
from tests.support.stack import TestStack
from tests.support.waiting import wait_for

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)")

BURST = 10
"""Requests of one network that are let in at once, at one request a second."""
TRIES = BURST + 15


@pytest.fixture(scope="module")
def resolver(tmp_path_factory):
    stack = TestStack(tmp_path_factory.mktemp("proxied") / "state")
    try:
        stack.start_store()
        stack.register_maker()
        stack.start_resolver(
            base_url="https://id.example.com", trusted_proxies="127.0.0.1", network_rate="1", api_rate="1"
        )
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def proxy(resolver, tmp_path_factory):
    """The shipped configuration on a port of this machine; its base URL and the certificate to trust."""
    folder = tmp_path_factory.mktemp("nginx")
    now = datetime.now(UTC)
    authority_key, authority = make_authority("test", now)
    key, certificate = server_certificate(authority_key, authority, ["127.0.0.1"], now)
    (folder / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "certificate").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "authority").write_bytes(authority.public_bytes(Encoding.PEM))
    port = free_port()
    site = (ROOT / "deploy" / "proxy" / "suyuan.conf").read_text()
    for shipped, here in (
        ("listen 8443", f"listen 127.0.0.1:{port}"),
        ("listen 8080", f"listen 127.0.0.1:{free_port()}"),
        ("/run/secrets/proxy-", f"{folder}/"),
        ("resolver:8000", f"127.0.0.1:{resolver.http_port}"),
    ):
        assert shipped in site
        site = site.replace(shipped, here)
    (folder / "site.conf").write_text(site)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}"
        f"http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    process = subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")])
    trust = ssl.create_default_context(cafile=str(folder / "authority"))
    base = f"https://127.0.0.1:{port}"
    try:
        wait_for(lambda: _answers(base, trust))
        yield base, trust
    finally:
        process.terminate()
        process.wait(10)


def _answers(base, trust):
    try:
        return httpx.get(f"{base}/health", verify=trust).is_success
    except httpx.TransportError:
        return False


@contextmanager
def person(proxy, address):
    """Somebody at an address of this machine, which the proxy sees."""
    base, trust = proxy
    with httpx.Client(base_url=base, transport=httpx.HTTPTransport(verify=trust, local_address=address)) as client:
        yield client


def refused(client, path, forwarded=lambda _: {}):
    """How many of more requests than the limit allows are refused."""
    answers = [client.get(path, headers={"Accept": "application/json"} | forwarded(n)) for n in range(TRIES)]
    return sum(answer.status_code == 429 for answer in answers)


def test_one_network_that_asks_too_much_keeps_no_other_from_being_served(resolver, proxy):
    with person(proxy, "127.0.5.1") as greedy, person(proxy, "127.0.6.1") as other:
        assert refused(greedy, resolver.unit(1)) > 0
        assert other.get(resolver.unit(1), headers={"Accept": "application/json"}).status_code == 200


def test_what_a_client_says_of_its_address_counts_for_nothing(resolver, proxy):
    with person(proxy, "127.0.7.1") as liar:
        assert refused(liar, resolver.unit(2), lambda n: {"X-Forwarded-For": f"8.8.{n}.8"}) > 0
    beside_the_proxy = httpx.HTTPTransport(local_address="127.0.8.1")
    with httpx.Client(base_url=resolver.base_url, transport=beside_the_proxy) as liar:
        assert refused(liar, resolver.unit(2), lambda n: {"X-Forwarded-For": f"8.8.{n}.8"}) > 0


def test_a_network_that_tries_tokens_is_refused_and_no_other_network_with_it(proxy):
    def tried(client, token):
        return client.get("/api/v1/cases", headers={"Authorization": f"Bearer suyuan_{token}"}).status_code

    with person(proxy, "127.0.10.1") as greedy, person(proxy, "127.0.11.1") as other:
        assert {tried(greedy, number) for number in range(5)} == {401, 429}
        assert tried(other, "wrong") == 401


def test_cookies_are_of_this_host_alone_and_https_is_for_good(resolver, proxy):
    with person(proxy, "127.0.9.1") as reader:
        page = reader.get(resolver.unit(3), headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
        assert page.headers["strict-transport-security"].startswith("max-age=")
        cookie = page.headers["set-cookie"]
        assert cookie.startswith("__Host-suyuan_handset=")
        assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        reader.get(resolver.unit(3), headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
    wait_for(lambda: len(_handsets(resolver)) >= 1)
    assert len(_handsets(resolver)) == 1, "the cookie that came back is the phone's"


def _handsets(resolver):
    return {
        row[0]
        for row in resolver.query(
            "SELECT DISTINCT scan ->> 'handset' FROM suyuan.outbox WHERE scan ->> 'uri' LIKE %s",
            f"%{resolver.unit(3)}%",
        )
    }
