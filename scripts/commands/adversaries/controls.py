"""What must be heard: the same words from those who are entitled to them. A deaf platform would hold everything."""

from firmware_sim.adversary.crowd import Crowd
from schemas.event import Event
from scripts.commands.adversaries.attack import Attack, Play
from scripts.commands.adversaries.stage import DAY_US, DC, HOUR_US, SHOP, Stage, item_of


def owner_destroys(stage: Stage) -> Play:
    """The owner destroys a unit, and its dealer's till sells it afterwards: that is an alert."""
    code = stage.unit()
    stage.readers["maker"].send(Event(code, stage.now - 9 * DAY_US, "destroying", read_point=DC))
    stage.readers["dealer"].send(Event(code, stage.now - 2 * DAY_US, "retail_selling", read_point=SHOP))
    yield "2 events"
    return "" if stage.alerts(item_of(code)) else "nobody is warned"


def custodian_sells_twice(stage: Stage) -> Play:
    """The custodian's tills sell one code twice, days apart: the page says that it is copied."""
    code = stage.unit()
    stage.readers["dealer"].send(Event(code, stage.now - 2 * DAY_US, "retail_selling", read_point=SHOP))
    yield "1 event"
    word = stage.verdict(code)["verdict"]
    return "" if word == "copied" else f"the page says {word}"


def many_real_copies(stage: Stage) -> Play:
    """Forty people in eight cities scan copies of one unit over a month: the owner is warned."""
    code = stage.unit()
    stage.scan(Crowd(40, cities=8, days=30), code)
    yield "40 scans"
    return "" if stage.alerts(item_of(code)) else "nobody is warned"


def honest_inspector(stage: Stage) -> Play:
    """The dealer's own reader inspects goods in its custody: a step of the history."""
    code = stage.unit()
    stage.readers["dealer"].send(Event(code, stage.now - 11 * DAY_US + HOUR_US, "inspecting", read_point=SHOP))
    yield "1 event"
    claimed = stage.query("SELECT count(*) FROM suyuan.claim WHERE item_id = %s", item_of(code))[0][0]
    return f"{claimed} claims are kept of it" if claimed else ""


CONTROLS: dict[str, Attack] = {
    "owner-destroys": owner_destroys,
    "custodian-sells-twice": custodian_sells_twice,
    "many-real-copies": many_real_copies,
    "honest-inspector": honest_inspector,
}
