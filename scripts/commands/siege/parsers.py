"""Strangers whose requests are small and dear: what a parser, a regular expression or a renderer takes long over."""

import json
from uuid import uuid4

from scripts.commands.siege.assault import Request, at_once, from_networks, open_sockets, statuses
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.stage import GTINS, MAKER, RIVAL, Stage, path_of


def range_bombs(stage: Stage) -> Play:
    """A stranger asks for 1,500 overlapping ranges of a static file, 60 times: people are served."""
    path = _static(stage)
    ranges = "bytes=" + ",".join(f"0-{n % 9}" for n in range(1500))

    def send(index: int) -> int:
        with stage.direct(address=f"127.110.{index}.6") as client:
            return len(client.get(path, headers={"Range": ranges}).content)

    sizes = at_once(60, send)
    yield f"60 requests of {len(ranges)} bytes"
    largest = max((size for size in sizes if isinstance(size, int)), default=0)
    return f"an answer has {largest >> 20} MB" if largest > 4 << 20 else ""


def _static(stage: Stage) -> str:
    with stage.direct() as client:
        page = client.get("/verify", headers={"Accept": "text/html"}).text
    found = page.find("/static/")
    needed(found >= 0, "the page names no static file")
    return page[found:].split('"')[0].split("'")[0].partition("?")[0]


def form_bombs(stage: Stage) -> Play:
    """A stranger sends forms of 20,000 fields and of 20,000 parts to what takes forms: each is refused quickly."""
    fields = "&".join(f"f{n}=v" for n in range(20_000)).encode()
    boundary = uuid4().hex
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="f"\r\n\r\nv\r\n'.encode()
    parts = part * 20_000 + f"--{boundary}--\r\n".encode()
    kinds = (
        (fields, "application/x-www-form-urlencoded"),
        (parts, f"multipart/form-data; boundary={boundary}"),
        (b"a" * 900_000, f"multipart/form-data; boundary={'-' * 70}"),
    )

    def send(index: int) -> int:
        content, kind = kinds[index % 3]
        with stage.direct(address=f"127.111.{index}.6") as client:
            path = "/reports" if index % 2 else "/leaks"
            return client.post(path, content=content, headers={"Content-Type": kind}).status_code

    answers = at_once(60, send)
    yield "60 forms of 20,000 fields"
    wrong = [answer for answer in answers if not isinstance(answer, int) or answer >= 500]
    return f"answers were {wrong[:3]}" if wrong else ""


def query_floods(stage: Stage) -> Play:
    """A stranger sends pages' queries of 5,000 parameters, long identifiers and link types by the thousand."""
    path = path_of(stage.unit())
    # Some 60 KB: what one line of a head may have where no proxy cuts it.
    paths = (
        f"{path}?" + "&".join(f"a{n}=b" for n in range(5000)),
        f"{path}?linkType=" + "gs1:pip," * 4000,
        "/identify?id=" + "urn:epc:id:sgtin:" + "9" * 20_000,
        "/" + "A" * 20_000,
        f"/01/{GTINS[MAKER]}/21/" + "%41" * 2000,
        "/01/" + "/".join(["0" * 14] * 400),
    )

    def send(index: int) -> list[int]:
        requests = [Request(paths[n % len(paths)]) for n in range(150)]
        return statuses(requests, stage.stack.http_port, address=f"127.114.{index}.6", seconds=8)

    answers = from_networks(4, send)
    yield f"{len(answers)} requests of up to 60 KB"
    wrong = [status for status in answers if status >= 500]
    if wrong:
        return f"{len(wrong)} answers of {wrong[0]}"
    return "" if answers else "nothing was answered"


def pipelined_requests(stage: Stage) -> Play:
    """A stranger sends 2,000 requests on each of ten connections without reading: people are served."""
    request = f"GET {path_of(stage.unit())} HTTP/1.1\r\nHost: id.example.com\r\nAccept: text/html\r\n\r\n".encode()
    resolver = stage.stack.part("resolver")
    before = resolver.resident()

    def send(index: int) -> int:
        with open_sockets(1, stage.stack.http_port, addresses=lambda _: f"127.112.{index}.6") as (connection, *_):
            connection.settimeout(6)
            try:
                connection.sendall(request * 2000)
            except OSError:
                return 0
            return 1

    at_once(10, send, threads=10)
    yield "20,000 requests on 10 connections"
    grown = (resolver.resident() - before) >> 20
    return f"the resolver keeps {grown} MB more" if grown > 96 else ""


def label_floods(stage: Stage) -> Play:
    """Maker B orders PDFs and archives of labels, eight of each, at a time: people are served."""

    def send(index: int) -> int:
        form = ("pdf", "png-zip", "svg-zip", "zpl")[index % 4]
        with stage.direct(stage.tokens[RIVAL]) as client:
            query: dict[str, str | int] = {"format": form, "count": 300}
            return client.get("/api/v1/batches/L1/labels", params=query, timeout=60).status_code

    answers = at_once(16, send, threads=16)
    yield "16 orders of 300 labels"
    wrong = [answer for answer in answers if not isinstance(answer, int) or answer in (500, 502)]
    return f"answers were {wrong[:3]}" if wrong else ""


def deep_scans(stage: Stage) -> Play:
    """A stranger posts JSON of 900 KB to what anybody may post to: deep, wide, with numbers of 100,000 digits."""
    bodies = (
        b"[" * 400_000,
        b'{"uri":' * 100_000,
        b'{"latitude": ' + b"9" * 500_000 + b"}",
        json.dumps({"uri": "x" * 800_000}).encode(),
        json.dumps({f"k{n}": n for n in range(60_000)}).encode(),
    )

    def send(index: int) -> int:
        path = ("/scans", "/openings", "/reports", "/api/v1/enrolments/redemption")[index % 4]
        with stage.direct(address=f"127.113.{index}.6") as client:
            headers = {"Content-Type": "application/json"}
            return client.post(path, content=bodies[index % len(bodies)], headers=headers).status_code

    answers = at_once(100, send)
    yield "100 bodies of up to 900 KB"
    wrong = [answer for answer in answers if not isinstance(answer, int) or answer >= 500 or answer < 400]
    return f"answers were {wrong[:3]}" if wrong else ""


ATTACKS: dict[str, Attack] = {
    "range-bombs": Attack(range_bombs, "the event loop", quick=True),
    "form-bombs": Attack(form_bombs, "the event loop"),
    "query-floods": Attack(query_floods, "the event loop"),
    "pipelined-requests": Attack(pipelined_requests, "the event loop"),
    "label-floods": Attack(label_floods, "cores"),
    "deep-bodies": Attack(deep_scans, "the event loop", quick=True),
}
