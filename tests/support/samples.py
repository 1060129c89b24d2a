"""Sample units, one for each verdict, as values: for tests of chain, verdict and pages, and for looking at the pages.

``python -m tests.support.samples FOLDER`` writes every page in both languages, to be opened in a browser.
"""

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from resolver.consumer.page import render_landing, render_problem, render_story
from resolver.consumer.story import Story
from resolver.verdict.chain import build_chain
from resolver.verdict.facts import (
    Batch,
    Decision,
    FindingRow,
    FirstScan,
    HistoryRow,
    Market,
    Organisation,
    Product,
    Site,
    UnitFacts,
)
from resolver.verdict.verdict import Verdict, judge
from resolver.web.negotiation import LANGUAGES
from resolver.web.problems import problem_of
from schemas.code import Checked, Proof
from schemas.digital_link import parse
from schemas.errors import InvalidIdentifier, StoreUnavailable
from schemas.finding import Finding, Kind, Level
from schemas.serial import UnitNumber

START = datetime(2026, 9, 1, 0, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
GTIN = "09521234000013"
SERIAL = "7K2M9QX4TB0RVWZ3N8HC"
ITEM = f"01/{GTIN}/21/{SERIAL}"
PALLET = "00/095212340000000013"
BASE_URL = "https://id.example.com"
SCAN_ID = "5f0c2a9e-6f0c-4a57-9a54-0d6f7f1b2c3d"

MAKER = Organisation("huadu", "Huadu Distillery", "花都酒业")
CARRIER = Organisation("dealer-00", "Southwest Logistics", "西南物流")
DEALER = Organisation("dealer-01", "Jiangcheng Trading", "江城商贸")
PLANT = Site("plant-1", "Zunyi plant", "遵义工厂", "plant", 27.73, 106.93, MAKER)
CENTRE = Site("dc-1", "Chongqing distribution centre", "重庆配送中心", "dc", 29.60, 106.50, CARRIER)
SHOP = Site("dealer-01", "Wuhan warehouse", "武汉仓库", "dealer", 30.60, 114.30, DEALER)
AUTHORITY = Organisation("samr", "Market Supervision", "市场监管")
STORE = Site("shop-7", "Wuchang shop", "武昌门店", "shop", 30.54, 114.32, DEALER)
WUHAN, HARBIN = Market("wuhan", "Wuhan", "武汉"), Market("harbin", "Harbin", "哈尔滨")
PRODUCT = Product(GTIN, "Huadu Aged Baijiu 500 ml", "花都陈酿 500 毫升", "spirits")
BATCH = Batch(
    org_id="huadu",
    batch_number=7,
    gtin=GTIN,
    lot="HD260901",
    quantity=100_000,
    grade="sealed",
    produced_on=date(2026, 9, 1),
    expires_on=date(2029, 8, 31),
    territory=(WUHAN,),
    revoked_at=None,
    recalled_at=None,
    recall_reason=None,
    recall_reason_zh=None,
)
CHECKED = Checked(Proof.SEALED, ITEM, "huadu", UnitNumber(1, 7, 4711))


def event_id(name):
    return uuid5(UUID(int=7), name)


def row(name, hours, biz_step, site=None, **changes):
    """An event ``hours`` after production, named so that evidence can point at it."""
    base = HistoryRow(
        event_id=event_id(name),
        item_id=ITEM,
        occurred_at=START + timedelta(hours=hours),
        recorded_at=START + timedelta(hours=hours, minutes=1),
        offset_minutes=480,
        biz_step=biz_step,
        action="OBSERVE",
        disposition=None,
        read_point=site.site_id if site else None,
        site=site,
        latitude=site.latitude if site else None,
        longitude=site.longitude if site else None,
        radius_m=100.0 if site else None,
        source="site" if site else None,
        audience="edge",
        reader_org=site.owner.org_id if site else "consumers",
        reader=site.owner if site else None,
        reader_id="r-1",
        owner_org="huadu",
        proof="sealed",
        clock_bound_s=2,
    )
    return replace(base, **changes)


def look(name, hours, latitude=None, longitude=None, radius_m=3000.0, handset=None):
    """A consumer's scan, with a coarse place or without one; each by a phone of its own unless one is named."""
    return row(
        name,
        hours,
        "inspecting",
        latitude=latitude,
        longitude=longitude,
        radius_m=None if latitude is None else radius_m,
        source=None if latitude is None else "coarse",
        audience="consumer",
        handset=handset or f"phone-{name}",
    )


def inspection(name, hours, latitude, longitude, radius_m=3000.0):
    """An inspector of the authority checks the code, wherever that is."""
    return row(
        name,
        hours,
        "inspecting",
        latitude=latitude,
        longitude=longitude,
        radius_m=radius_m,
        source="gps",
        audience="inspector",
        reader_org=AUTHORITY.org_id,
        reader=AUTHORITY,
    )


def container(name, hours, biz_step, site, **changes):
    """An event of the pallet that the unit was on."""
    return row(name, hours, biz_step, site, item_id=PALLET, via=PALLET, **changes)


JOURNEY = (
    row("made", 0, "commissioning", PLANT),
    container("packed", 2, "packing", PLANT, action="ADD", children=(ITEM,)),
    container("sent-plant", 26, "shipping", PLANT),
    container("got-centre", 34, "receiving", CENTRE),
    container("sent-centre", 80, "shipping", CENTRE),
    container("got-dealer", 104, "receiving", SHOP),
    container("unpacked", 105, "unpacking", SHOP, action="DELETE", children=(ITEM,)),
    row("sent-dealer", 300, "shipping", SHOP),
    row("got-shop", 303, "receiving", STORE),
    row("sold", 800, "retail_selling", STORE),
)


def found(rule, kind, level, hours, *events, confidence=0.95):
    """A finding as the store gives it."""
    at = START + timedelta(hours=hours)
    value = Finding(
        rule, kind, level, ITEM, int(at.timestamp()) * 1_000_000, confidence, tuple(str(event_id(e)) for e in events)
    )
    return FindingRow(
        value.finding_id,
        rule,
        kind.value,
        level.value,
        ITEM,
        at,
        at + timedelta(minutes=1),
        confidence,
        value.evidence(),
    )


def facts(**changes):
    """A unit whose way is whole, changed where a test wants it."""
    base = UnitFacts(
        now=NOW,
        maker=MAKER,
        product=PRODUCT,
        batch=BATCH,
        registered=True,
        commissioned_at=START,
        history=(*JOURNEY, look("home", 900, 30.52, 114.36)),
        scans=1,
    )
    return replace(base, **changes)


def story(checked=CHECKED, unit=None, visitor=(), **changes):
    """The story that the page of these facts tells to the phone ``visitor``."""
    chain = build_chain(unit.history if unit is not None else ())
    told = Story(checked, judge(checked, unit, chain, visitor), unit, chain, f"{BASE_URL}/{checked.item_id}", BASE_URL)
    return replace(told, **changes)


def _copied():
    seen = (
        inspection("harbin", 802.5, 45.75, 126.64),
        look("wuhan", 1000, 30.52, 114.36),
        look("wuhan-again", 1040, 30.55, 114.31),
    )
    return facts(
        history=(*JOURNEY, *seen),
        findings=(found("impossible_travel", Kind.COPIED, Level.ALERT, 802.5, "sold", "harbin"),),
        scans=2,
    )


def _seen_elsewhere():
    """What two strangers' phones far apart amount to."""
    looks = (look("wuhan", 1000, 30.52, 114.36), look("harbin", 1002.5, 45.75, 126.64))
    return facts(
        history=(*JOURNEY, *looks),
        findings=(found("impossible_travel", Kind.COPIED, Level.WATCH, 1002.5, "wuhan", "harbin", confidence=0.3),),
        scans=2,
    )


def _diverted():
    return facts(
        history=(*JOURNEY[:7], look("far", 700, 45.76, 126.62), inspection("market", 900, 45.75, 126.64)),
        findings=(found("off_territory", Kind.DIVERTED, Level.WATCH, 700, "far", confidence=0.1),),
        first_scan=FirstScan("dealer-01", "harbin", True, START + timedelta(hours=700), HARBIN),
        lane_incident=True,
    )


def _recalled():
    return facts(
        batch=replace(
            BATCH,
            recalled_at=datetime(2026, 11, 12, 1, 0, tzinfo=UTC),
            recall_reason="Bottle caps of this lot may leak.",
            recall_reason_zh="该批次瓶盖可能渗漏。",
        ),
    )


def stories():
    """One story for each verdict, and some more that show what else a page may have to say."""
    forged = Checked(Proof.FORGED, f"01/{GTIN}/21/AAAABBBBCCCCDDDD0001", "huadu")
    return {
        Verdict.GENUINE.value: story(unit=facts()),
        Verdict.COPIED.value: story(unit=_copied()),
        Verdict.DIVERTED.value: story(unit=_diverted()),
        Verdict.RECALLED.value: story(unit=_recalled()),
        Verdict.EXPIRED.value: story(
            unit=facts(batch=replace(BATCH, produced_on=date(2025, 5, 1), expires_on=date(2026, 10, 31)))
        ),
        Verdict.FORGED.value: story(forged),
        Verdict.UNKNOWN.value: story(unit=facts(registered=False, history=(), scans=0, commissioned_at=None)),
        "genuine-new": story(unit=facts(history=JOURNEY[:1], scans=0), reported=True),
        "genuine-gaps": story(unit=facts(history=(*JOURNEY[:3], *JOURNEY[5:8], look("home", 900)), scans=1)),
        "genuine-elsewhere": story(unit=_seen_elsewhere()),
        "genuine-only-you": story(unit=facts(history=(*JOURNEY, look("a", 900, handset="me"))), visitor={"me"}),
        "copied-confirmed": story(
            unit=facts(decision=Decision("samr", NOW - timedelta(days=2), str(event_id("case")), AUTHORITY))
        ),
        "copied-sold-twice": story(
            unit=facts(
                history=(*JOURNEY, row("sold-again", 1300, "retail_selling", SHOP)),
                findings=(found("second_sale", Kind.ENDED, Level.ALERT, 1300, "sold", "sold-again"),),
            )
        ),
    }


def problem_pages(language):
    """Pages of two problems: a code that is malformed, and a store that is away."""
    wrong = f"{BASE_URL}/01/09521234000019/21/{SERIAL}"
    try:
        parse(wrong)
    except InvalidIdentifier as error:
        malformed = render_problem(problem_of(error), language, wrong)
    return {"problem-400": malformed, "problem-503": render_problem(problem_of(StoreUnavailable()), language)}


def write_pages(folder):
    """Write every sample page in both languages into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        pages = {name: render_story(each, language, SCAN_ID) for name, each in stories().items()}
        pages |= problem_pages(language) | {"landing": render_landing(language)}
        for name, page in pages.items():
            (folder / f"{name}.{language}.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
