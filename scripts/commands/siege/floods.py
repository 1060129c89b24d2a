"""Strangers without any right, from one network or many: guesses, reports, serials, scans, taps."""

import json
import time

from scripts.commands.siege.assault import Request, at_once, from_networks, statuses
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.stage import GTINS, MAKER, Stage, path_of


def wrong_tokens(stage: Stage) -> Play:
    """A stranger guesses tokens from one network as fast as it can: it is slowed down, and others' are looked up."""
    address, tls = stage.network(), stage.stack.certificates.trusting()

    def send(index: int) -> list[int]:
        guesses = (f"suyuan_{index:03d}{n:040d}" for n in range(400))
        requests = (Request("/api/v1/batches", headers={"Authorization": f"Bearer {guess}"}) for guess in guesses)
        return statuses(requests, stage.stack.proxy.port, address=address, tls=tls)

    answers = from_networks(4, send)
    yield f"{len(answers)} guesses"
    needed(429 in answers or len(answers) > 450, "too few guesses to be a flood: the machine is too slow")
    if 200 in answers:
        return "a guess was taken"
    return "" if 429 in answers else "the network may guess without limit"


def foreign_reports(stage: Stage) -> Play:
    """Another site's form sends its visitors' reports, and one network sends 60 under made-up cookies.

    Few are taken.
    """
    code = stage.unit()
    fields = {"uri": code, "suspicion": "counterfeit", "lang": "en"}
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    address = stage.network()

    def by_form(index: int) -> int:
        with stage.http(address=stage.network()) as client:
            return client.post("/reports", data=fields | {"remark": str(index)}, headers=foreign).status_code

    def by_cookie(index: int) -> int:
        with stage.http(address=address) as client:
            cookie = {"Cookie": f"__Host-suyuan_handset={index:032x}; suyuan_handset={index:032x}"}
            return client.post(
                "/reports", json={"uri": stage.codes[MAKER][index], "suspicion": "counterfeit"}, headers=cookie
            ).status_code

    forms, cookies = at_once(30, by_form), at_once(60, by_cookie)
    yield "30 forms of another site, 60 reports of one network"
    taken = sum(answer in (201, 303) for answer in forms)
    if taken:
        return f"{taken} forms of another site were taken"
    reports = cookies.count(201)
    return f"one network placed {reports} of 60 reports" if reports > 20 else ""


def made_up_serials(stage: Stage) -> Play:
    """A stranger scans 300 serials that nobody made, each with two invented phones: no row a serial is left."""
    gtin = GTINS[MAKER]

    def send(index: int) -> int:
        with stage.http(address=f"127.59.{index % 3}.1") as client:
            scan = {"uri": f"https://id.example.com/01/{gtin}/21/{index // 2:020d}", "handset": f"{index:032x}"}
            return client.post("/scans", json=scan).status_code

    answers = at_once(600, send)
    needed(answers.count(200) > 50, f"few scans were taken: {answers[:3]}")
    time.sleep(2)
    yield "600 scans"
    found = []
    for table, column in (
        ("event", "item_id"),
        ("item_state", "item_id"),
        ("finding", "subject"),
        ("incident", "subject"),
    ):
        ((rows,),) = stage.query(f"SELECT count(*) FROM suyuan.{table} WHERE {column} LIKE %s", f"01/{gtin}/21/00000%")  # noqa: S608 -- ours
        if rows > 40:
            found.append(f"{rows} rows of {table}")
    return ", ".join(found)


def hot_unit(stage: Stage) -> Play:
    """Strangers of many networks scan one unit 1,500 times: its page stays as quick as others'."""
    code = stage.unit()

    def send(index: int) -> list[int]:
        scan = {"uri": code, "latitude": 30.0, "longitude": 104.0, "source": "gps"}
        bodies = (json.dumps(scan | {"handset": f"{index:016x}{n:016x}"}).encode() for n in range(150))
        requests = (Request("/scans", "POST", {"Content-Type": "application/json"}, body) for body in bodies)
        return statuses(requests, stage.stack.http_port, address=f"127.{90 + index}.1.6", seconds=12)

    answers = from_networks(10, send)
    needed(answers.count(200) > 50, f"{answers.count(200)} of {len(answers)} scans were taken")
    yield f"{len(answers)} scans of one unit"
    with stage.http(address=stage.network()) as client:
        start = time.monotonic()
        answer = client.get(path_of(code), headers={"Accept": "text/html"})
        seconds = time.monotonic() - start
    if answer.status_code != 200:
        return f"its page answers {answer.status_code}"
    return f"its page takes {seconds:.1f} s" if seconds > 3 else ""


def long_codes(stage: Stage) -> Play:
    """A stranger asks for 4,000 different codes of 2 KB, well formed and foreign: caches stay small."""
    resolver = stage.stack.part("resolver")
    before = resolver.resident()

    def send(index: int) -> list[int]:
        targets = (f"/01/{GTINS[MAKER]}/21/{index:010d}{n:010d}?a={n:05d}{'x' * 1500}" for n in range(1000))
        return statuses(map(Request, targets), stage.stack.http_port, address=f"127.{100 + index}.2.6", seconds=12)

    answers = from_networks(4, send)
    yield f"{len(answers)} codes"
    needed(len(answers) > 100, f"{len(answers)} codes were answered")
    grown = (resolver.resident() - before) >> 20
    return f"the resolver keeps {grown} MB more" if grown > 96 else ""


def tap_and_opening_floods(stage: Stage) -> Play:
    """A stranger sends taps and openings that nobody made from one network, without end: it is slowed down."""
    address, tls = stage.network(), stage.stack.certificates.trusting()
    inner = f"https://id.example.com/open/01/{GTINS[MAKER]}/21/"

    def send(index: int) -> list[int]:
        taps = (Request(f"/sun/{MAKER}?picc_data={index:016x}{n:016x}&cmac={n:016x}") for n in range(600))
        bodies = (json.dumps({"inner": f"{inner}{n:020d}", "handset": f"{index:032x}"}).encode() for n in range(600))
        openings = (Request("/openings", "POST", {"Content-Type": "application/json"}, body) for body in bodies)
        requests = taps if index % 2 else openings
        return statuses(requests, stage.stack.proxy.port, address=address, tls=tls)

    answers = from_networks(4, send)
    yield f"{len(answers)} requests"
    needed(429 in answers or len(answers) > 900, "too few requests to be a flood: the machine is too slow")
    return "" if 429 in answers else "the network may go on without limit"


ATTACKS: dict[str, Attack] = {
    "wrong-tokens": Attack(wrong_tokens, "tokens", quick=True),
    "foreign-reports": Attack(foreign_reports, "reports", quick=True),
    "made-up-serials": Attack(made_up_serials, "disk of the store", quick=True),
    "hot-unit": Attack(hot_unit, "one unit's page"),
    "long-codes": Attack(long_codes, "memory of the resolver"),
    "tap-and-opening-floods": Attack(tap_and_opening_floods, "connections to the store"),
}
