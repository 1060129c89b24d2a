"""What must stand behind a suspicion before a page may say "copied"."""

from dataclasses import replace

import pytest

from resolver.verdict.bar import weighed
from schemas.finding import Kind, Level
from tests.support.samples import SHOP, STORE, found, inspection, look, row

ROWS = {
    str(each.event_id): each
    for each in (
        look("phone", 1000, 30.52, 114.36),
        look("other-phone", 1002, 45.75, 126.64),
        row("till", 800, "retail_selling", STORE),
        row("other-till", 1003, "retail_selling", SHOP),
        row("ended", 950, "destroying", SHOP),
        row("page-reader", 960, "inspecting", STORE, audience="consumer"),
        inspection("inspector", 1002, 45.75, 126.64),
        replace(inspection("dealer", 1001, 30.5, 114.3), audience="dealer"),
    )
}


def alert(rule, *events, kind=Kind.COPIED, level=Level.ALERT, **details):
    finding = found(rule, kind, level, 1003, *events)
    return replace(finding, evidence={**finding.evidence, "details": details})


def terms(*names):
    return {"terms": [{"name": name, "nats": 5.0} for name in names]}


@pytest.mark.parametrize(
    ("why", "finding", "accuses"),
    [
        ("two strangers", alert("impossible_travel", "phone", "other-phone"), False),
        ("a stranger contradicts a till", alert("impossible_travel", "till", "phone"), False),
        ("a till and an inspector", alert("impossible_travel", "till", "inspector"), True),
        ("a dealer's reader and an inspector", alert("impossible_travel", "dealer", "inspector"), True),
        ("one side is no fact, a claim say", alert("impossible_travel", "inspector", "unheard-of"), False),
        ("both sides are no facts", alert("impossible_travel", "unheard-of", "unheard-of-2"), False),
        ("two tills", alert("second_sale", "till", "other-till", kind=Kind.ENDED), True),
        ("a sale that is a claim, after a till's", alert("second_sale", "till", "claim", kind=Kind.ENDED), False),
        ("a stranger sees what its maker destroyed", alert("after_end", "ended", "phone", kind=Kind.ENDED), True),
        ("an end that nobody entitled reported", alert("after_end", "claim", "phone", kind=Kind.ENDED), False),
        ("a consumer at an enrolled page", alert("after_end", "page-reader", "phone", kind=Kind.ENDED), False),
        ("many strangers", alert("copied_evidence", "phone", "other-phone", **terms("another_handset")), False),
        ("strangers, and two tills", alert("copied_evidence", "phone", **terms("second_sale")), True),
        ("strangers, and the code inside", alert("copied_evidence", "phone", **terms("inner_code")), True),
        ("an opened pack, by strangers alone", alert("refilled_evidence", "phone", **terms("after_opening")), False),
        ("a tag's recorded message", alert("counter_back", "message"), True),
    ],
)
def test_only_what_somebody_vouches_for_accuses(why, finding, accuses):
    (suspicion,) = weighed([finding], ROWS)
    assert suspicion.accuses is accuses, why


@pytest.mark.parametrize(
    ("finding", "accuses"),
    [
        (alert("second_sale", "beyond", "beyond-2", kind=Kind.ENDED, first_at="shop-1", second_at="shop-2"), True),
        (alert("second_sale", "beyond", "beyond-2", kind=Kind.ENDED, first_at="shop-1", second_at=None), False),
        (alert("impossible_travel", "till", "beyond", observed_by=["reader", "reader"]), True),
        (alert("impossible_travel", "till", "beyond", observed_by=["reader", "phone"]), False),
        (alert("impossible_travel", "till", "beyond"), False),
        (alert("after_end", "beyond", "beyond-2", kind=Kind.ENDED, ended_by="destroying"), True),
        (alert("copied_evidence", "beyond", **terms("another_handset")), False),
    ],
)
def test_a_flood_of_scans_pushes_nothing_out_that_readers_saw(finding, accuses):
    (suspicion,) = weighed([finding], ROWS, cut=True)
    assert suspicion.accuses is accuses
    (whole,) = weighed([finding], ROWS)
    assert not whole.accuses, "of a whole history, what is not in it is no fact"


@pytest.mark.parametrize(
    "finding",
    [
        alert("pair_mismatch", "pair", level=Level.WATCH),
        alert("copied_evidence", "phone", level=Level.WATCH),
        alert("off_territory", "phone", kind=Kind.DIVERTED, level=Level.WATCH),
        alert("before_commissioning", "phone", kind=Kind.EARLY),
    ],
)
def test_other_watches_and_other_causes_are_not_told_as_copies(finding):
    assert weighed([finding], ROWS) == []


def test_a_watch_of_travel_is_told_and_never_accuses_whoever_observed():
    (suspicion,) = weighed([alert("impossible_travel", "till", "inspector", level=Level.WATCH)], ROWS)
    assert not suspicion.accuses
