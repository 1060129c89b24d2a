"""A dealer's enrolled reader, and strangers' phones, that say what is not so; `scripts/adversaries` has more."""

import time
from datetime import UTC, datetime

from schemas.event import Action, Event
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.stage import DAY_US, DEPOT, HOSTILE_READER, MAKER, PLANTS, Stage, item_of, path_of
from scripts.system.fixtures import sscc_path


def foreign_goods(stage: Stage) -> Play:
    """It reports a unit of maker A, which it never had, as destroyed and sold: no verdict changes."""
    code = stage.unit()
    now = time.time_ns() // 1000
    lies = [Event(code, now - n, step, read_point=DEPOT) for n, step in enumerate(("destroying", "retail_selling"))]
    needed(stage.readers[HOSTILE_READER].send(*lies), "nothing was answered")
    yield f"{len(lies)} lies"
    return _accusation(stage, code)


def foreign_sites(stage: Stage) -> Play:
    """It reports goods at maker A's plant, in consumers' names too: nothing is stored as said there."""
    code = stage.unit()
    now = time.time_ns() // 1000
    lies = [Event(code, now - n, "inspecting", read_point=PLANTS[MAKER]) for n in range(20)]
    needed(stage.readers[HOSTILE_READER].send(*lies), "nothing was answered")
    yield f"{len(lies)} lies"
    ((stored,),) = stage.query(
        "SELECT count(*) FROM suyuan.event WHERE item_id = %s AND reader_org = %s AND read_point = %s",
        item_of(code),
        HOSTILE_READER.org_id,
        PLANTS[MAKER],
    )
    return f"{stored} events were stored at {PLANTS[MAKER]}" if stored else _accusation(stage, code)


def two_made_up_phones(stage: Stage) -> Play:
    """Two phones that a stranger made up are 3,000 km apart within a minute: the page says no "copied"."""
    code = stage.unit()
    with stage.http(address=stage.network()) as client:
        for name, latitude, longitude in (("ab", 31.2, 121.5), ("cd", 43.8, 87.6)):
            scan = {"uri": code, "handset": name * 16, "latitude": latitude, "longitude": longitude, "source": "gps"}
            needed(client.post("/scans", json=scan).is_success, "a scan was refused")
    time.sleep(2)
    yield "2 scans"
    return _accusation(stage, code)


def scattered_dates(stage: Stage) -> Play:
    """It reports events of every month since the year 1900, and of the year 9999: few tables are made for them."""
    before = _tables(stage)
    months = [datetime(1900 + n // 12, 1 + n % 12, 1, tzinfo=UTC) for n in range(12 * 126)]
    codes = stage.codes[MAKER]
    events = [
        Event(codes[n % 300], int(month.timestamp()) * 1_000_000, "inspecting", read_point=DEPOT)
        for n, month in enumerate(months)
    ]
    events.append(Event(codes[0], int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000, "inspecting"))
    stage.readers[HOSTILE_READER].send(*events)
    yield f"{len(events)} events"
    made = _tables(stage) - before
    return f"{made} tables were made" if made > 60 else ""


def nested_containers(stage: Stage) -> Play:
    """It packs a unit that it has into a case, that into another, 60 deep and round in a circle: its page comes."""
    code = stage.unit()
    base = stage.stack.base_url
    start = time.time_ns() // 1000 - 2 * DAY_US
    events = [Event(code, start, "receiving", read_point=DEPOT)]
    outer = [f"{base}{sscc_path(800_000 + n)}" for n in range(60)]
    for n, container in enumerate([*outer, outer[0]]):
        inner = code if n == 0 else outer[n - 1]
        at = start + (n + 1) * 1_000_000
        events.append(Event(container, at, "packing", Action.ADD, read_point=DEPOT, children=(inner,)))
    needed(stage.readers[HOSTILE_READER].send(*events), "nothing was answered")
    yield f"{len(outer)} containers, a circle"
    with stage.http(address=stage.network()) as client:
        begun = time.monotonic()
        status = client.get(path_of(code), headers={"Accept": "text/html"}).status_code
        seconds = time.monotonic() - begun
    if status != 200:
        return f"its page answers {status}"
    return f"its page takes {seconds:.1f} s" if seconds > 3 else ""


def _accusation(stage: Stage, code: str) -> str:
    with stage.http(address=stage.network()) as client:
        word = client.get(path_of(code)).raise_for_status().json()["verdict"]
    return "" if word == "genuine" else f"the page says {word}"


def _tables(stage: Stage) -> int:
    ((found,),) = stage.query("SELECT count(*) FROM pg_class WHERE relkind = 'r'")
    return int(found)


ATTACKS: dict[str, Attack] = {
    "foreign-goods": Attack(foreign_goods, "verdicts", quick=True),
    "foreign-sites": Attack(foreign_sites, "other organisations' sites", quick=True),
    "two-made-up-phones": Attack(two_made_up_phones, "verdicts", quick=True),
    "scattered-dates": Attack(scattered_dates, "the store's catalogue"),
    "nested-containers": Attack(nested_containers, "one unit's page"),
}
