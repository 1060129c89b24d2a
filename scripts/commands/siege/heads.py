"""Strangers who send heads of requests: many, large, slow, or such that caches and proxies misunderstand them."""

import secrets
import time

from scripts.commands.siege.assault import Request, at_once, drip, exchanged, from_networks, open_sockets, statuses
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.stage import Stage, path_of

_GROWN_MB = 96
"""What a process may grow by under a flood that it forgets: pools and buffers, not what was sent."""
_HOSTILE = "evil.example"


def header_caches(stage: Stage) -> Play:
    """A stranger sends up to 3,000 requests with 7 KB of Accept and Accept-Language, each a different one.

    What was parsed of them is forgotten: the resolver's memory hardly grows.
    """
    resolver = stage.stack.part("resolver")
    before = resolver.resident()
    path = path_of(stage.unit())

    def send(index: int) -> list[int]:
        ranges = ",".join(f"{secrets.token_hex(3)}/{secrets.token_hex(3)};q=0.{n % 9 + 1}" for n in range(160))
        languages = ",".join(f"{chr(97 + n % 26)}{chr(97 + index % 26)}-{index:04d};q=0.5" for n in range(200))
        requests = (
            Request(path, headers={"Accept": f"a{n}/b,{ranges}"[:3500], "Accept-Language": f"x-{n},{languages}"[:3500]})
            for n in range(500)
        )
        return statuses(requests, stage.stack.http_port, address=f"127.50.{index}.9")

    answers = from_networks(6, send)
    yield f"{len(answers)} requests, {len(answers) * 7 // 1000} MB"
    needed(len(answers) > 100, f"{len(answers)} requests were answered")
    grown = (resolver.resident() - before) >> 20
    return f"the resolver keeps {grown} MB more" if grown > _GROWN_MB else ""


def _slow_heads(stage: Stage, port: int, *, proxied: bool) -> Play:
    tls = stage.stack.certificates.trusting() if proxied else None
    with open_sockets(400, port, tls=tls, addresses=lambda n: f"127.51.{n % 200}.{n // 200 + 1}") as sockets:
        for each in sockets:
            each.sendall(b"GET / HTTP/1.1\r\nHost: id.example.com\r\n")
        alive = drip(sockets, b"X-A: b\r\n", 20)
        yield f"{len(sockets)} connections, a header a second; {alive} were open in the end"
        return f"{alive} heads may go on for ever" if alive else ""


def slow_heads_at_the_proxy(stage: Stage) -> Play:
    """A stranger opens 400 connections to the proxy and sends a header a second: pages are served meanwhile.

    No head takes for ever.
    """
    return (yield from _slow_heads(stage, stage.stack.proxy.port, proxied=True))


def slow_heads_at_the_resolver(stage: Stage) -> Play:
    """The same beside the proxy, where none stands before the resolver, or one that passes heads on.

    No head takes for ever.
    """
    return (yield from _slow_heads(stage, stage.stack.http_port, proxied=False))


def giant_heads(stage: Stage) -> Play:
    """A stranger sends heads of one header of 1 MB, and of 20,000 headers, to the proxy and beside it.

    They are refused, or the connection ends; nothing stays in memory.
    """
    parts = [stage.stack.part("resolver"), stage.stack.part("proxy")]
    before = sum(part.resident() for part in parts)
    line = b"GET / HTTP/1.1\r\nHost: id.example.com\r\n"
    heads = (
        line + b"X-A: " + b"a" * (1 << 20) + b"\r\n\r\n",
        line + b"".join(b"X-%d: b\r\n" % n for n in range(20_000)) + b"\r\n",
    )
    ways_in = ((stage.stack.proxy.port, stage.stack.certificates.trusting()), (stage.stack.http_port, None))

    def send(index: int) -> bytes:
        port, tls = ways_in[index % 2]
        return exchanged(port, heads[index // 2 % 2], tls=tls)[:20]

    answers = at_once(80, send)
    yield "80 heads of 1 MB or 20,000 headers"
    taken = [answer for answer in answers if isinstance(answer, bytes) and b" 200 " in answer]
    grown = (sum(part.resident() for part in parts) - before) >> 20
    if taken:
        return f"{len(taken)} were taken"
    return f"{grown} MB stay in memory" if grown > _GROWN_MB else ""


def idle_connections(stage: Stage) -> Play:
    """A stranger opens 700 connections to the proxy and sends nothing for 20 seconds: people are served meanwhile."""
    tls = stage.stack.certificates.trusting()
    with open_sockets(700, stage.stack.proxy.port, tls=tls, addresses=lambda n: f"127.52.{n % 250}.3") as sockets:
        needed(len(sockets) > 500, f"only {len(sockets)} connections were taken")
        time.sleep(20)
        yield f"{len(sockets)} idle connections"
        return ""


def request_smuggling(stage: Stage) -> Play:
    """A stranger hides a second request in a body whose length proxy and resolver might read differently.

    The hidden request is not answered, to the stranger or to the next person.
    """
    tls = stage.stack.certificates.trusting()
    hidden = b"GET /hidden-by-the-siege HTTP/1.1\r\nHost: id.example.com\r\n\r\n"
    head = b"POST /scans HTTP/1.1\r\nHost: id.example.com\r\nContent-Type: application/json\r\n"
    chunked = b"0\r\n\r\n" + hidden
    forms = (
        head + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(chunked) + chunked,
        head + b"Content-Length: 4\r\nContent-Length: %d\r\n\r\n" % len(chunked) + chunked,
        head + b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n" + chunked,
        head + b"Transfer-Encoding : chunked\r\nContent-Length: %d\r\n\r\n" % len(chunked) + chunked,
        head + b"Content-Length: +%d\r\n\r\n" % len(chunked) + chunked,
        head + b"Transfer-Encoding: chunked\r\n\r\n5;x=\n" + chunked,
    )
    answers = at_once(len(forms), lambda index: exchanged(stage.stack.proxy.port, forms[index], 3, tls))
    yield f"{len(forms)} forms of two lengths"
    # What nginx takes for a second request, in the bytes after a whole first one, is pipelining: the resolver must see
    # it as a request of its own, which a log of it would show. Here no form is whole in both readings.
    found = [n for n, answer in enumerate(answers) if isinstance(answer, bytes) and b"hidden-by-the-siege" in answer]
    doubled = [n for n in range(len(answers)) if isinstance(answers[n], bytes) and _answers_in(answers[n]) > 1]
    return f"forms {sorted({*found, *doubled})} were read as two requests" if found or doubled else ""


def _answers_in(answer: object) -> int:
    return answer.count(b"HTTP/1.1 ") if isinstance(answer, bytes) else 0


def cache_poisoning(stage: Stage) -> Play:
    """A stranger names another host in Host and X-Forwarded-*: no answer to anybody leads there."""
    path = path_of(stage.unit())
    named = [
        {"Host": _HOSTILE},
        {"X-Forwarded-Host": _HOSTILE},
        {"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": _HOSTILE},
        {"Forwarded": f"host={_HOSTILE};proto=http"},
        {"X-Original-URL": f"//{_HOSTILE}/", "X-Rewrite-URL": f"//{_HOSTILE}/"},
        {"X-Forwarded-Prefix": f"//{_HOSTILE}"},
    ]
    paths = (path, path + "?linkType=all", "/", "/.well-known/gs1resolver", "/verify", "/static")
    found = []
    with stage.http(address=stage.network()) as client, stage.direct(address=stage.network()) as beside:
        for headers in named:
            for each in paths:
                for who in (client, beside):
                    answer = who.get(each, headers=headers | {"Accept": "text/html"})
                    if _HOSTILE in answer.text or _HOSTILE in str(answer.headers):
                        found.append(f"{each} by {next(iter(headers))}")
        after = client.get(path, headers={"Accept": "text/html"})
    yield f"{2 * len(named) * len(paths)} requests"
    if _HOSTILE in after.text:
        found.append("the next person's page")
    return f"led to {_HOSTILE}: {', '.join(sorted(set(found))[:5])}" if found else ""


def open_redirect(stage: Stage) -> Play:
    """A stranger writes codes and forms that would send people to a host of theirs: no Location leads there."""
    path = path_of(stage.unit())
    targets = [f"//{_HOSTILE}{path}", f"/%2F{_HOSTILE}{path}", f"/\\{_HOSTILE}{path}", f"///{_HOSTILE}{path}"]
    found = []
    report = {"suspicion": "counterfeit", "lang": "en"}
    with stage.direct(address=stage.network()) as client:
        for target in targets:
            request = client.build_request("GET", "/", headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
            request.url = request.url.copy_with(raw_path=target.encode())
            found += _leads_away(client.send(request).headers.get("location", ""), target)
            for uri in (f"https://id.example.com{target}", target):
                origin = {"Origin": "https://id.example.com", "Sec-Fetch-Site": "same-origin"}
                answer = client.post("/reports", data=report | {"uri": uri}, headers=origin)
                found += _leads_away(answer.headers.get("location", ""), uri)
    yield f"{3 * len(targets)} requests"
    return f"led away by {found[0]}" if found else ""


def _leads_away(location: str, what: str) -> list[str]:
    away = location.startswith(("//", "/\\")) or f"//{_HOSTILE}" in location.partition("?")[0]
    return [f"{what}: Location {location[:80]}"] if away else []


def homoglyph_paths(stage: Stage) -> Play:
    """A stranger writes a genuine code in full width, with look-alikes, overlong UTF-8, dots and NULs.

    No such path is an error of ours, nor somebody else's page; files outside the static ones are not served.
    """
    serial = path_of(stage.unit()).rpartition("/")[2]
    wide = "".join(chr(ord(each) + 0xFEE0) for each in serial)
    paths = [
        f"/01/09521234000013/21/{wide}",
        "/０１/09521234000013/21/" + serial,
        f"/01/09521234000013/21/{serial.replace('A', 'А').replace('0', 'О')}",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/%2e%2e/settings.py",
        "/static/..%c0%af..%c0%afetc/passwd",
        "/01/09521234000013/21/%00",
        "/%ff%fe%fd",
        "/01/09521234000013/21/" + "a" * 3000,
        "/01" * 200,
        "/01/09521234000013/21/x?linkType=" + "%F0%9F%98%80" * 200,
        "/api/v1/cases/..%2f..%2ftokens",
    ]
    wrong = []
    for path in paths:
        head = f"GET {path} HTTP/1.1\r\nHost: id.example.com\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        answer = exchanged(stage.stack.http_port, head.encode())
        if answer[9:10] == b"5" or b"import " in answer or b"root:" in answer:
            wrong.append(f"{answer[9:12].decode()} for {path[:40]}")
    yield f"{len(paths)} paths"
    return ", ".join(wrong)


def flood_of_one_network(stage: Stage) -> Play:
    """One network asks for pages as fast as it can, through the proxy, and says that it is others.

    It alone is refused (429).
    """
    path = path_of(stage.unit())
    address = stage.network()

    tls = stage.stack.certificates.trusting()
    requests = [Request(path, headers={"X-Forwarded-For": f"9.9.{n % 250}.9"}) for n in range(800)]
    answers = from_networks(4, lambda _: statuses(requests, stage.stack.proxy.port, address=address, tls=tls))
    yield f"{len(answers)} requests"
    # Ten seconds at 20 a second for one code, after as many at once (SUYUAN_CODE_RATE).
    needed(429 in answers or len(answers) > 450, "too few requests to be a flood: the machine is too slow")
    return "" if 429 in answers else "nobody was refused"


ATTACKS: dict[str, Attack] = {
    "header-caches": Attack(header_caches, "memory of the resolver", quick=True),
    "slow-heads-at-the-proxy": Attack(slow_heads_at_the_proxy, "connections"),
    "slow-heads-at-the-resolver": Attack(slow_heads_at_the_resolver, "connections"),
    "giant-heads": Attack(giant_heads, "memory of proxy and resolver"),
    "idle-connections": Attack(idle_connections, "connections"),
    "request-smuggling": Attack(request_smuggling, "other people's answers", quick=True),
    "cache-poisoning": Attack(cache_poisoning, "other people's answers", quick=True),
    "open-redirect": Attack(open_redirect, "people who scan", quick=True),
    "homoglyph-paths": Attack(homoglyph_paths, "errors, files", quick=True),
    "flood-of-one-network": Attack(flood_of_one_network, "other people's share", quick=True),
}
