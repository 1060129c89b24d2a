"""The supply network learned from custody, the leak-source report on it, its words and its page."""

from itertools import pairwise

import pytest

from gateway.assess.goods import EvidenceGoods, accuse_devices
from gateway.assess.leaks import leak_report
from gateway.assess.reports import batch_reports, transit_reports
from gateway.assess.supply import learn
from gateway.evidence.accused_devices import AccusedDevices
from gateway.evidence.evidence_item import AccusedItem, EvidenceItem, MarkSource
from gateway.evidence.item import ItemEvidence, Mark, Scan
from gateway.evidence.registry import SupplySite
from gateway.evidence.suspicion import SuspectedReader, SuspectedSource
from gateway.rules.history import Market
from resolver.consumer.page import render
from resolver.leak.report import LeakReport
from resolver.text.formats import Name
from schemas.explain.leak_sentences import Site, percent, sentences
from schemas.geodesy import Position

HOUR = 3_600_000_000
DAY = 24 * HOUR
T0 = 1_780_000_000_000_000
CHENGDU, WUHAN, CHANGSHA, BEIJING = (30.57, 104.07), (30.59, 114.30), (28.23, 112.94), (39.90, 116.40)
PLACES = [
    SupplySite("plant", "plant", *CHENGDU),
    SupplySite("dealer-1", "dealer", *WUHAN),
    SupplySite("dealer-2", "dealer", *BEIJING),
    SupplySite("shop-1a", "shop", *WUHAN),
    SupplySite("shop-1b", "shop", *CHANGSHA),
    SupplySite("shop-2a", "shop", *BEIJING),
]
MARKETS = tuple(
    Market(name, Position(*where, 0), 50)
    for name, where in (("beijing", BEIJING), ("changsha", CHANGSHA), ("wuhan", WUHAN))
)
NAMES = {place.site: Site(place.site, f"Site <{place.site}>", f"站点 {place.site}") for place in PLACES}
WHERE = {place.site: place for place in PLACES}


def custody(number: int, *sites: str, hours: float = 30.0) -> tuple[Mark, ...]:
    marks = []
    for step, (site, after) in enumerate(pairwise([*sites, ""])):
        place, at = WHERE[site], T0 + number * HOUR + int(step * 2 * hours * HOUR)
        marks.append(Mark(at, site, place.kind, "receiving", place.latitude, place.longitude))
        if after:
            left = at + int(hours * HOUR)
            marks.append(Mark(left, site, place.kind, "shipping", place.latitude, place.longitude))
    return tuple(marks)


def kept(number: int, *sites: str, handsets: int = 1, late_s: int = 60) -> EvidenceItem:
    marks = custody(number, *sites)
    scans = tuple(Scan(T0 + (20 + n) * DAY, f"phone-{number}-{n}", *WUHAN, 0.1) for n in range(handsets))
    return EvidenceItem(
        item_id=f"01/09521234000013/21/{number:020}",
        known=True,
        evidence=ItemEvidence().seen(scans, marks),
        stamps=tuple(
            MarkSource(f"{m.site}/reader", m.at + late_s * 1_000_000, f"event-{number}-{m.at}") for m in marks
        ),
        events={(scan.at, scan.handset): f"look-{number}" for scan in scans},
        case=f"case-{number // 4}",
        lot="L1",
        index=number,
        expires_at=None,
        made=True,
    )


@pytest.fixture(scope="module")
def goods():
    """Sixty units of two dealers; one of the readings at the first dealer was missed."""
    first = [kept(n, "plant", "dealer-1", "shop-1a" if n % 2 else "shop-1b") for n in range(30)]
    second = [kept(n, "plant", "dealer-2", "shop-2a") for n in range(30, 60)]
    return [*first, *second, kept(60, "plant", "shop-1a")]


@pytest.fixture(scope="module")
def supply(goods):
    return learn(PLACES, MARKETS, [each.evidence.marks for each in goods])


def accused(goods, *numbers):
    return [AccusedItem(goods[n].item_id, 0.95, (f"look-{n}",)) for n in numbers]


def test_who_supplies_whom_is_learned_and_a_dealer_is_at_home_where_its_shops_are(supply):
    assert supply.parents["shop-1b"] == "dealer-1"
    assert supply.parents["dealer-2"] == "plant"
    assert supply.dealers == ["dealer-1", "dealer-2"]
    changsha_and_wuhan, beijing = supply.network.homes
    assert [MARKETS[n].market_id for n in sorted(changsha_and_wuhan)] == ["changsha", "wuhan"]
    assert [MARKETS[n].market_id for n in beijing] == ["beijing"]
    assert supply.network.km[0][1] == 0
    assert supply.network.km[0][0] > 900


def test_a_look_is_in_a_market_only_when_the_phone_knows_its_place(supply):
    assert supply.market_of(Scan(T0, "a", *CHANGSHA, 0.1)) == 1
    assert supply.market_of(Scan(T0, "a", *CHANGSHA, 300.0)) == -1
    assert supply.market_of(Scan(T0, "a", *CHENGDU, 0.1)) == -1, "no market is near"


def test_copies_from_two_shops_of_one_dealer_lead_to_the_dealer(goods, supply):
    report = leak_report(accused(goods, 1, 2, 3, 4, 5), goods, supply)
    assert report["ranked"][0]["site"] == "dealer-1"
    assert report["ranked"][0]["suspects"] == 5
    assert report["credible"] == ["dealer-1"]
    assert report["inspect"]["sites"][0] == "dealer-1"
    assert report["change"]["site"] == report["ranked"][1]["site"]


def test_a_missed_reading_is_put_in_with_the_usual_supplier(goods, supply):
    report = leak_report(accused(goods, 60), goods, supply)
    assert "dealer-1" in report["suspects"][0]["path"]


def test_one_code_leaves_it_open_and_none_reports_nothing(goods, supply):
    report = leak_report(accused(goods, 1), goods, supply)
    assert len(report["credible"]) > 1
    said = " ".join(each.en for each in sentences(report, NAMES))
    assert "one code can't tell a shop from its dealer" in said
    assert leak_report([AccusedItem("01/elsewhere/21/x", 0.9, ())], goods, supply) is None


def test_the_same_units_in_another_order_give_the_same_report(goods, supply):
    again = learn(PLACES, MARKETS, [each.evidence.marks for each in reversed(goods)])
    suspects = accused(goods, 1, 2, 3)
    assert leak_report(suspects[::-1], goods[::-1], again) == leak_report(suspects, goods, supply)


def test_the_words_are_whole_in_both_languages_and_nothing_is_certain(goods, supply):
    report = leak_report(accused(goods, *range(12)), goods, supply)
    for each in sentences(report, NAMES):
        assert any(character > "\u2e80" for character in each.zh)
        assert each.en.endswith(".")
        assert "None" not in each.en + each.zh
        assert "100%" not in each.en + each.zh
    assert (percent(0.9999).en, percent(0.5).en, percent(1e-6).en) == ("over 99%", "50%", "under 1%")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_names_the_sites_draws_them_and_escapes_what_it_is_given(goods, supply, language):
    report = leak_report(accused(goods, 1, 2, 3, 4, 5), goods, supply)
    shown = LeakReport("maker", "09521234000013", Name(en="Spirit & more", zh="白酒"), report, NAMES)
    page = render("leaks.html", language, "", reports=[shown], failed=False)
    assert "<svg" in page
    assert "Site <dealer-1>" not in page
    assert ("站点 dealer-1" if language == "zh" else "Site &lt;dealer-1&gt;") in page
    assert page.count('class="credible"') == len(report["credible"])
    assert set(shown.to_json()) >= {"ranked", "credible", "inspect", "change", "suspects", "sentences"}


def test_a_batch_without_copies_says_what_share_it_would_have_noticed(goods):
    clean = batch_reports(goods, set(), {"L1": 80})["L1"]
    assert (clean["flagged"], clean["low95"], clean["outlier"]) == (0, 0.0, False)
    assert 0 < clean["detectable"] < 0.2
    dirty = batch_reports(goods, {goods[n].item_id for n in range(9)}, {"L1": 80})["L1"]
    assert dirty["low95"] < 9 / 61 < dirty["high95"]
    assert dirty["outlier"]


def test_an_edge_tells_its_middle_time_once_it_has_shipments(goods):
    reports = transit_reports(goods)
    edge = reports["plant>dealer-1"]
    assert edge["shipments"] == 30
    assert edge["too_fast_h"] < edge["middle_h"] < edge["too_slow_h"]
    assert "dealer-2>shop-2a" in reports


def test_a_clock_that_is_an_hour_ahead_accuses_the_reader_and_is_put_right(supply):
    wrong = [kept(n, "plant", "dealer-1", "shop-1a", late_s=-3600) for n in range(4)]
    devices = AccusedDevices()
    accuse_devices(devices, wrong, [])
    assert {SuspectedReader("plant/reader"), SuspectedReader("dealer-1/reader")} <= set(devices.suspicions)
    goods = EvidenceGoods(wrong, supply, devices.faults)
    assert goods.faulty(0) == 1
    assert goods.marks(0)[0].at == wrong[0].evidence.marks[0].at - 3600 * 1_000_000
    assert goods.marks(0)[0].bound_s > wrong[0].evidence.marks[0].bound_s


def test_a_phone_that_tries_codes_that_were_never_made_is_named():
    strange = [
        EvidenceItem(
            f"01/09521234000013/21/X{n}",
            False,
            ItemEvidence().seen([Scan(T0 + n * 20_000_000, "guesser", *WUHAN, 0.1)]),
            (),
            {},
            "",
            "",
            0,
            None,
            False,
        )
        for n in range(24)
    ]
    devices = AccusedDevices()
    accuse_devices(devices, [], strange)
    assert set(devices.suspicions) == {SuspectedSource("guesser")}


def test_what_would_change_the_conclusion_is_said_in_words_also_when_nothing_present_would():
    change = {"site": "dealer-2", "codes": 2}
    ranked = [{"site": "dealer-1", "tier": "dealer", "probability": 0.9, "suspects": 5}]
    base = {"codes": 5, "ranked": ranked, "credible": ["dealer-1"]}
    texts = [sentences(base | {"change": change | {"fragile": fragile}}, NAMES)[-1] for fragile in (0, 2)]
    assert texts[0].zh.endswith("去掉任何一个现有的码，结论都不变。")
    assert texts[0].en.endswith("leaving out any one of the present codes does not.")
    assert "其中 2 个" in texts[1].zh
    assert "in 2 of 5 cases" in texts[1].en
