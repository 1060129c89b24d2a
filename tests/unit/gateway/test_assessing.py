"""What a pass finds in an owner's goods as a whole: drift, rings of refillers, networks that guess codes."""

from gateway.assess.reports import calibration_report
from gateway.evidence.item import InnerCode
from gateway.evidence.weighing import Cause
from tests.support.goods import OWNER, assessed, item, scan

DEALERS = 8


def test_a_share_seen_far_from_home_that_rises_for_good_widens_the_lanes_limits():
    """Two weeks at home, then two in which every fourth buyer is far away: a season, in which all dealers are alike."""
    goods, number = [], 0
    for day in range(28):
        for each in range(104):
            dealer = each % DEALERS
            away = day >= 14 and (each // DEALERS) % 4 == 0
            market = (dealer + 1 + each // 32) % DEALERS if away else dealer
            goods.append(item(number, dealer, [scan(day + each / 200, f"phone{number}", market)]))
            number += 1
    steady = [each for each in goods if each.evidence.scans[0].at < goods[104 * 14].evidence.scans[0].at]
    assert calibration_report(assessed(steady, DEALERS).scorer, len(steady))["lanes_widened"] == 1
    assert calibration_report(assessed(goods, DEALERS).scorer, len(goods))["lanes_widened"] > 1.5


def test_a_ring_that_refills_what_a_venue_opened_raises_its_items():
    """Forty bottles are opened in one restaurant; five turn up elsewhere a fortnight later."""
    goods = []
    for number in range(40):
        scans = [scan(number / 4, f"guest{number}", 0, opened=True)]
        if number < 5:
            scans.append(scan(number / 4 + 16, f"buyer{number}", 0, km=40))
        goods.append(item(number, 0, scans))
    scorer = assessed(goods, DEALERS).scorer
    terms = {term.name: term.log_odds for term in scorer.weights[0].terms[Cause.REFILLED]}
    assert terms["ring"] > 2
    assert scorer.weights[5].score < 1


def test_an_inner_code_that_fits_speaks_for_the_goods():
    copied = [scan(1, "a", 0), scan(9, "b", 3)]
    fits = [copied[0], scan(9, "b", 3, inner=InnerCode.MATCHED)]
    plain, matched = (assessed([item(1, 0, scans)], DEALERS).scorer.weights[0] for scans in (copied, fits))
    assert matched.log_odds[Cause.COPIED] < plain.log_odds[Cause.COPIED] - 1


def test_a_network_that_guesses_with_a_new_phone_for_each_code_is_named():
    guesses = [item(100 + n, 0, [scan(3 + n / 5000, f"new-{n}", 0, network="net-1")], known=False) for n in range(20)]
    honest = [item(n, 0, [scan(3 + n / 5000, f"phone{n}", 0, network="net-2")]) for n in range(20)]
    found = assessed([*honest, *guesses], DEALERS).findings()
    assert [each.subject for each in found if each.rule == "code_guessing"] == ["source/net-1"]


def test_a_lane_that_stood_out_is_not_taken_back_because_time_goes_by():
    """A dealer's goods turn up by the dozen in one market; then half a year's ordinary trade goes on."""
    goods = [item(n, n % DEALERS, [scan(n / 20, f"buyer{n}", n % DEALERS)]) for n in range(800)]
    goods += [item(n, 2, [scan(1 + n / 400, f"buyer{n}", 6)], case=f"case-{n}") for n in range(800, 830)]
    later = [item(n, n % DEALERS, [scan(40 + (n - 1000) / 8, f"buyer{n}", n % DEALERS)]) for n in range(1000, 2000)]

    def lanes(own):
        return {each.subject for each in assessed(own, DEALERS).findings() if each.rule == "lane_evidence"}

    assert lanes(goods) == lanes([*goods, *later]) == {f"lane/{OWNER}/dealer02/m06"}
