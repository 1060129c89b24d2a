"""Who may say what: the policy, custody from pairs, claims that move nothing, whatever the order of arrival."""

from random import Random

import pytest

from gateway.authority.carrying import FamilyRecord, Histories
from gateway.authority.custody import START, Custody, Goods
from gateway.authority.lateness import MAX_LATE
from gateway.authority.mandate import Mandate
from gateway.authority.policy import Relation, Standing, standing
from gateway.authority.settling import settle
from gateway.authority.verb import Verb, verb_of
from gateway.authority.walk import PackingMark
from gateway.rules.containment import FOR_EVER
from gateway.rules.history import Sighting, in_order, observer_of
from schemas.event import BIZ_STEPS, DISPOSITIONS, Action, Audience

HOUR = 3_600_000_000
GTIN = "09521234000013"
MAKER = Goods("maker", GTIN)


def said(at: float, by: str, step: str, *, event_id: str | None = None, **more) -> Sighting:
    fields = {
        "event_id": event_id or f"{at}/{by}/{step}",
        "occurred_at": int(at * HOUR),
        "biz_step": step,
        "action": Action.OBSERVE,
        "disposition": None,
        "audience": Audience.EDGE,
        "observer": f"{by}/reader",
        "read_point": None,
        "site_kind": None,
        "position": None,
        "bound": 0,
        "reader_org": by,
        "reader_id": "reader",
    }
    return Sighting(**(fields | more))


def claims(*sightings: Sighting, goods: Goods = MAKER) -> set[tuple[str, str]]:
    settled = settle(goods, START, in_order(list(sightings)))
    return {(claim.sighting.reader_org, claim.sighting.biz_step) for claim in settled.claims}


def custody(*sightings: Sighting, goods: Goods = MAKER) -> str:
    return settle(goods, START, in_order(list(sightings))).custody.custodian or goods.owner


SENT = said(1, "maker", "shipping", addressed="dealer-a")
RECEIVED = said(2, "dealer-a", "receiving")


@pytest.mark.parametrize("step", sorted(BIZ_STEPS))
def test_whatever_a_stranger_says_of_anothers_goods_is_a_claim(step: str) -> None:
    assert claims(said(1, "mallory", step)) == {("mallory", step)}


@pytest.mark.parametrize("step", sorted(BIZ_STEPS))
def test_whatever_the_owner_says_of_its_goods_is_a_fact_wherever_they_are(step: str) -> None:
    assert claims(SENT, RECEIVED, said(3, "maker", step)) == set()


def test_custody_passes_by_a_shipment_and_the_receipt_of_whom_it_is_addressed_to() -> None:
    assert custody(SENT) == "maker"
    assert custody(SENT, RECEIVED) == "dealer-a"
    onward = said(3, "dealer-a", "shipping", addressed="shop"), said(4, "shop", "receiving")
    assert custody(SENT, RECEIVED, *onward) == "shop"
    assert claims(SENT, RECEIVED, *onward, said(5, "shop", "retail_selling")) == set()


def test_who_has_passed_goods_on_speaks_of_them_no_longer() -> None:
    onward = said(3, "dealer-a", "shipping", addressed="shop"), said(4, "shop", "receiving")
    assert claims(SENT, RECEIVED, *onward, said(5, "dealer-a", "retail_selling")) == {("dealer-a", "retail_selling")}


def test_a_receipt_by_somebody_else_than_the_addressee_passes_nothing() -> None:
    taken = SENT, said(2, "dealer-b", "receiving"), said(3, "dealer-b", "retail_selling")
    assert custody(*taken) == "maker"
    assert claims(*taken) == {("dealer-b", "receiving"), ("dealer-b", "retail_selling")}


def test_a_shipment_without_a_destination_passes_nothing() -> None:
    assert custody(said(1, "maker", "shipping"), RECEIVED) == "maker"
    assert custody(SENT, said(1.5, "maker", "shipping"), RECEIVED) == "maker"
    assert custody(SENT, said(1.5, "maker", "void_shipping"), RECEIVED) == "maker"


def test_an_addressee_whose_receipt_was_missed_has_the_goods_by_what_it_does_with_them() -> None:
    assert custody(SENT, said(3, "dealer-a", "unpacking")) == "dealer-a"
    assert custody(SENT, said(3, "dealer-a", "inspecting")) == "maker", "to look is not to have"


def test_goods_stay_addressed_while_they_move_among_the_sites_of_whoever_has_them() -> None:
    assert custody(SENT, said(1.2, "maker", "receiving"), said(1.4, "maker", "storing"), RECEIVED) == "dealer-a"


def test_the_owners_own_receipt_takes_goods_back() -> None:
    assert custody(SENT, RECEIVED, said(3, "maker", "receiving")) == "maker"


@pytest.mark.parametrize("step", ["destroying", "decommissioning", "killing", "commissioning"])
def test_who_has_the_goods_neither_ends_nor_commissions_them(step: str) -> None:
    assert claims(SENT, RECEIVED, said(3, "dealer-a", step)) == {("dealer-a", step)}


@pytest.mark.parametrize("disposition", ["destroyed", "disposed", "inactive", "recalled"])
def test_a_disposition_counts_for_what_it_says_whatever_the_step(disposition: str) -> None:
    assert claims(SENT, RECEIVED, said(3, "dealer-a", "storing", disposition=disposition)) == {("dealer-a", "storing")}


def test_a_mandate_lets_an_organisation_say_what_it_names_of_which_goods_and_when() -> None:
    packer = Mandate("packer", frozenset({"commission", "custody"}), GTIN, 2 * HOUR, 9 * HOUR)
    goods = MAKER._replace(mandates=(packer,))
    steps = "commissioning", "packing", "receiving", "inspecting"
    assert claims(*(said(3, "packer", step) for step in steps), goods=goods) == set()
    assert claims(said(3, "packer", "destroying"), goods=goods) == {("packer", "destroying")}
    assert claims(said(1, "packer", "packing"), said(9, "packer", "packing"), goods=goods) == {("packer", "packing")}
    assert claims(said(3, "packer", "packing"), goods=goods._replace(gtin="09521234000020")) != set()


def test_who_may_speak_from_a_site_neither_sends_nor_sells_what_is_there() -> None:
    for step, to in (
        ("retail_selling", None),
        ("shipping", "helper"),
        ("departing", "helper"),
        ("void_shipping", None),
    ):
        thief = said(3, "helper", step, site_org="dealer-a", addressed=to)
        then = said(4, "helper", "receiving"), said(5, "dealer-a", "retail_selling")
        assert ("dealer-a", "retail_selling") not in claims(SENT, RECEIVED, thief, *then), step
        assert ("helper", step) in claims(SENT, RECEIVED, thief, *then), step


def test_a_site_of_the_owners_gives_no_say_about_goods_that_a_dealer_has() -> None:
    assert ("helper", "unpacking") in claims(SENT, RECEIVED, said(3, "helper", "unpacking", site_org="maker"))


def test_a_former_custodian_undoes_no_receipt_by_an_earlier_date() -> None:
    passed_on = said(3, "dealer-a", "shipping", addressed="dealer-b")
    received, sold = said(6, "dealer-b", "receiving"), said(7, "dealer-b", "retail_selling")
    for backdated in (
        said(4, "dealer-a", "void_shipping"),
        said(4, "dealer-a", "shipping", addressed="dealer-c"),
        said(4, "dealer-a", "shipping", addressed="dealer-a"),
        said(4, "dealer-a", "shipping"),
    ):
        assert claims(SENT, RECEIVED, passed_on, backdated, received, sold) == set()
        after_all = claims(SENT, RECEIVED, passed_on, backdated, received, sold, said(8, "dealer-a", "retail_selling"))
        assert after_all == {("dealer-a", "retail_selling")}


def test_who_may_speak_from_a_site_of_the_custodian_handles_its_goods_and_takes_none() -> None:
    helper = said(3, "helper", "unpacking", site_org="dealer-a")
    assert claims(SENT, RECEIVED, helper, said(4, "helper", "receiving", site_org="dealer-a")) == set()
    assert custody(SENT, RECEIVED, helper) == "dealer-a"
    assert custody(SENT, said(2, "helper", "receiving", site_org="dealer-a")) == "dealer-a"
    assert claims(SENT, RECEIVED, said(3, "helper", "destroying", site_org="dealer-a")) == {("helper", "destroying")}


def test_inspectors_and_consumers_may_look_and_no_more() -> None:
    assert claims(said(1, "regulator", "inspecting", audience=Audience.INSPECTOR)) == set()
    assert claims(said(1, "regulator", "destroying", audience=Audience.INSPECTOR)) != set()
    assert claims(said(1, "consumers", "inspecting", audience=Audience.CONSUMER)) == set()
    assert claims(said(1, "dealer-a", "retail_selling", audience=Audience.CONSUMER)) != set()
    assert claims(said(1, "dealer-a", "inspecting", audience=Audience.CONSUMER, disposition="returned")) != set()
    assert standing(Verb.HANDLE, Relation.CONSUMER) is Standing.REFUSED


def test_a_code_that_the_owner_did_not_make_names_nobodys_goods() -> None:
    assert claims(said(1, "dealer-a", "destroying"), goods=Goods("")) == set()


def test_every_word_of_the_vocabulary_has_its_kind_of_statement() -> None:
    for step in BIZ_STEPS:
        for disposition in (None, *DISPOSITIONS):
            assert verb_of(step, disposition, Action.OBSERVE) in Verb
    assert verb_of("inspecting", None, Action.ADD) is Verb.HANDLE


UNIT, CASE, PALLET = f"01/{GTIN}/21/1", "00/1", "00/2"


class Family:
    """A unit in a case on a pallet, and what was said of them."""

    def __init__(self, **owners: str) -> None:
        self.goods = {item: Goods(owners.get(name, "maker"), GTIN) for name, item in
                      (("unit", UNIT), ("case", CASE), ("pallet", PALLET))}  # fmt: skip
        self.own: dict[str, list[Sighting]] = {}
        self.marks: dict[str, list[PackingMark]] = {}

    def see(self, item: str, at: float, by: str, step: str, **more) -> "Family":
        self.own.setdefault(item, []).append(said(at, by, step, event_id=f"{at}/{item}", **more))
        return self

    def pack(self, container: str, child: str, at: float, by: str, *, packed: bool = True) -> "Family":
        action = Action.ADD if packed else Action.DELETE
        self.see(container, at, by, "packing" if packed else "unpacking", action=action)
        self.marks.setdefault(child, []).append(PackingMark(int(at * HOUR), f"{at}/{container}", container, packed))
        return self

    def record(self, hours: float | None = None) -> "Family":
        """What has not been recorded yet is recorded then; None: as it happened."""
        at = None if hours is None else int(hours * HOUR)
        for item, sightings in self.own.items():
            self.own[item] = [each if each.recorded_at else each._replace(recorded_at=at or each.occurred_at)
                              for each in sightings]  # fmt: skip
        return self

    def told(self, item: str = UNIT) -> tuple[list[tuple[str, str]], set[tuple[str, str]], Custody]:
        """Facts in order, claims, and custody at the end, of ``item``."""
        marks = {child: sorted(of_child) for child, of_child in self.marks.items()}
        settled = settle(self.goods[item], START, Histories(FamilyRecord(self.own, marks, self.goods)).of(item))
        return (
            [(each.reader_org, each.biz_step) for each in settled.facts],
            {(claim.sighting.reader_org, claim.sighting.biz_step) for claim in settled.claims},
            settled.custody,
        )


def honest() -> Family:
    """Packed at the plant, shipped to a dealer on a pallet, unpacked there, sold."""
    family = Family().pack(CASE, UNIT, 1, "maker").pack(PALLET, CASE, 2, "maker")
    family.see(PALLET, 3, "maker", "shipping", addressed="dealer-a").see(PALLET, 9, "dealer-a", "receiving")
    family.pack(PALLET, CASE, 10, "dealer-a", packed=False).pack(CASE, UNIT, 11, "dealer-a", packed=False)
    return family.see(UNIT, 12, "dealer-a", "retail_selling")


def test_custody_of_a_container_passes_what_is_in_it_and_its_receiver_may_unpack_and_sell() -> None:
    facts, claimed, custody_after = honest().told()
    assert claimed == set()
    assert custody_after.custodian == "dealer-a"
    assert facts == [
        ("maker", "packing"),
        ("maker", "packing"),
        ("maker", "shipping"),
        ("dealer-a", "receiving"),
        ("dealer-a", "unpacking"),
        ("dealer-a", "unpacking"),
        ("dealer-a", "retail_selling"),
    ]


def test_packing_anothers_goods_and_ending_the_container_changes_nothing_of_them() -> None:
    family = Family(case="mallory").see(UNIT, 1, "maker", "commissioning").pack(CASE, UNIT, 2, "mallory")
    family.see(CASE, 3, "mallory", "destroying").see(CASE, 4, "mallory", "retail_selling")
    assert family.told() == ([("maker", "commissioning")], {("mallory", "packing")}, START)


def test_goods_that_were_received_may_be_repacked_and_what_ends_the_box_does_not_end_them() -> None:
    family = Family(case="dealer-a").see(UNIT, 1, "maker", "shipping", addressed="dealer-a")
    family.see(UNIT, 2, "dealer-a", "receiving").pack(CASE, UNIT, 3, "dealer-a")
    facts, claimed, _ = family.see(CASE, 4, "dealer-a", "storing").see(CASE, 5, "dealer-a", "destroying").told()
    assert ("dealer-a", "storing") in facts
    assert claimed == {("dealer-a", "destroying")}


def test_what_a_stranger_takes_out_of_a_container_is_still_in_it() -> None:
    family = Family().pack(CASE, UNIT, 1, "maker").pack(CASE, UNIT, 2, "mallory", packed=False)
    facts, claimed, _ = family.see(CASE, 3, "maker", "shipping").told()
    assert facts[-1] == ("maker", "shipping")
    assert claimed == {("mallory", "unpacking")}


def test_what_a_stranger_says_of_a_container_does_not_reach_what_is_in_it() -> None:
    family = honest().see(PALLET, 5, "mallory", "destroying").see(CASE, 6, "mallory", "shipping", addressed="mallory")
    assert family.told() == honest().told()
    assert ("mallory", "destroying") in family.told(PALLET)[1]


def test_containers_that_are_packed_into_each_other_end_somewhere() -> None:
    family = Family().pack(CASE, UNIT, 1, "maker").pack(PALLET, CASE, 2, "maker").pack(CASE, PALLET, 3, "maker")
    assert family.told()[1] == set()


DAYS = 24
"""Hours."""


def live(*sightings: Sighting, goods: Goods = MAKER) -> set[tuple[str, str]]:
    """The claims among what was recorded as it happened, but for what says when it was."""
    recorded = [each._replace(recorded_at=each.recorded_at or each.occurred_at) for each in sightings]
    return claims(*recorded, goods=goods)


PASSED_ON = SENT, RECEIVED, said(3, "dealer-a", "shipping", addressed="shop"), said(4, "shop", "receiving")


@pytest.mark.parametrize(("days", "claimed"), [(13, False), (15, True)])
def test_who_has_passed_goods_on_reports_what_was_before_for_some_days(days: int, claimed: bool) -> None:
    sale = said(2.5, "dealer-a", "retail_selling", recorded_at=(4 + days * DAYS) * HOUR)
    assert live(*PASSED_ON, sale, said(900, "shop", "storing")) == (
        {("dealer-a", "retail_selling")} if claimed else set()
    )


def test_who_still_has_the_goods_may_report_as_late_as_it_will() -> None:
    late = said(2.5, "dealer-a", "storing", recorded_at=400 * DAYS * HOUR)
    assert live(SENT, RECEIVED, said(90 * DAYS, "dealer-a", "storing"), late) == set()
    stranger = said(100, "mallory", "receiving")
    assert live(SENT, RECEIVED, stranger, late) == {("mallory", "receiving")}, "claims end nobody's say"


def test_a_way_that_is_loaded_long_after_it_happened_is_what_it_was() -> None:
    order = (*PASSED_ON, said(5, "shop", "retail_selling"))
    loaded = [each._replace(recorded_at=(900 * DAYS + number) * HOUR) for number, each in enumerate(reversed(order))]
    assert claims(*loaded) == set()
    assert custody(*loaded) == "shop"


def test_what_an_offline_depot_says_of_goods_that_it_passed_on_is_heard_where_nobody_else_was_entitled() -> None:
    way = [each for each in PASSED_ON if each.reader_org != "dealer-a"]
    offline = [each._replace(recorded_at=60 * DAYS * HOUR) for each in PASSED_ON if each.reader_org == "dealer-a"]
    assert live(*way) == {("shop", "receiving")}
    assert live(*way, *offline) == set()


def test_accomplices_hide_no_receipt_by_a_loop_that_they_report_late() -> None:
    late = {"recorded_at": 40 * DAYS * HOUR}
    loop = (
        said(3.1, "dealer-a", "shipping", addressed="mallory", **late),
        said(3.2, "mallory", "receiving", **late),
        said(3.3, "mallory", "shipping", addressed="dealer-a", **late),
        said(3.4, "dealer-a", "receiving", **late),
    )
    sale = said(3.5, "dealer-a", "retail_selling", recorded_at=80 * DAYS * HOUR)
    claimed = live(*PASSED_ON, said(5, "shop", "storing"), *loop, sale)
    assert claimed == {(each.reader_org, each.biz_step) for each in (*loop, sale)}


def test_more_late_statements_than_can_be_weighed_are_claims() -> None:
    late = [said(2 + n / 100, "dealer-a", "storing", recorded_at=99 * DAYS * HOUR) for n in range(MAX_LATE + 3)]
    settled = settle(MAKER, START, in_order([SENT, RECEIVED, *late, said(3, "dealer-a", "storing")]))
    assert len(settled.claims) == 3


def test_a_mandate_that_has_ended_lets_nothing_be_said_that_comes_long_after() -> None:
    packer = Mandate("packer", frozenset({"custody", "end"}), "", 0, 9 * HOUR)
    goods = MAKER._replace(mandates=(packer,))
    for days, expected in ((13, set()), (15, {("packer", "destroying")})):
        ending = said(3, "packer", "destroying", recorded_at=(9 + days * DAYS) * HOUR)
        assert live(ending, goods=goods) == expected
    backwards = goods._replace(mandates=(packer._replace(given_at=500 * DAYS * HOUR),))
    assert live(said(3, "packer", "destroying", recorded_at=501 * DAYS * HOUR), goods=backwards) == set()


@pytest.mark.parametrize("item", [UNIT, CASE])
def test_a_former_custodian_takes_nothing_out_of_a_container_afterwards(item: str) -> None:
    def told(recorded_at: float) -> set[tuple[str, str]]:
        family = Family().pack(CASE, UNIT, 1, "maker").see(CASE, 2, "maker", "shipping", addressed="dealer-a")
        family.see(CASE, 3, "dealer-a", "receiving").see(CASE, 4, "dealer-a", "shipping", addressed="shop")
        family.see(CASE, 5, "shop", "receiving").see(CASE, 6, "shop", "storing").record()
        family.pack(CASE, UNIT, 3.5, "dealer-a", packed=False).record(recorded_at)
        return family.told(item)[1]

    assert told(10 * DAYS) == set()
    assert told(20 * DAYS) == {("dealer-a", "unpacking")}


def test_a_mark_that_nobody_is_known_to_have_set_moves_nothing() -> None:
    family = Family().pack(CASE, UNIT, 1, "maker").see(CASE, 3, "maker", "shipping", addressed="dealer-a")
    family.marks[UNIT].append(PackingMark(2 * HOUR, "gone", CASE, packed=False))
    assert family.told()[0][-1] == ("maker", "shipping")


@pytest.mark.parametrize("seed", range(40))
def test_what_comes_within_the_grace_is_settled_alike_in_whatever_order_it_comes(seed: int) -> None:
    """As judging does it: what is later than all that was settled resumes, all else is settled from the beginning."""
    rng = Random(seed)
    parties, steps = ["maker", "dealer-a", "shop", "mallory"], ["shipping", "receiving", "storing", "retail_selling"]
    span = 30 * DAYS if seed % 2 else 10 * DAYS
    news = [
        said(rng.uniform(0, span), rng.choice(parties), rng.choice(steps), addressed=rng.choice([*parties, None]))
        for _ in range(14)
    ]
    # Each comes when it is drawn; on even seeds all within the grace of when it happened, on odd ones not.
    now, known, resumed = span * HOUR, [], settle(MAKER, START, ())
    claimed: set[str] = set()
    for each in rng.sample(news, len(news)):
        now += rng.randrange(1, 3 * DAYS * HOUR if seed % 2 else HOUR)
        arrived = each._replace(recorded_at=now)
        if not known or arrived.place_in_order > max(one.place_in_order for one in known):
            resumed = settle(MAKER, resumed.custody, (arrived,))
            claimed |= {claim.sighting.event_id for claim in resumed.claims}
        else:
            resumed = settle(MAKER, START, in_order([*known, arrived]))
            claimed = {claim.sighting.event_id for claim in resumed.claims}
        known.append(arrived)
    whole = settle(MAKER, START, in_order(known))
    assert claimed == {claim.sighting.event_id for claim in whole.claims}
    assert resumed.custody == whole.custody
    if seed % 2 == 0:
        at_once = settle(MAKER, START, in_order(news))
        assert claimed == {claim.sighting.event_id for claim in at_once.claims}


@pytest.mark.parametrize("seed", range(20))
def test_neither_standing_nor_custody_depends_on_the_order_in_which_anything_was_told(seed: int) -> None:
    rng, family = Random(seed), honest()
    family.see(UNIT, 4, "mallory", "destroying").see(CASE, 5, "mallory", "receiving")
    family.pack(PALLET, UNIT, 6, "mallory").see(UNIT, 13, "dealer-b", "retail_selling")
    expected = {item: family.told(item) for item in (UNIT, CASE, PALLET)}
    for of_item in (*family.own.values(), *family.marks.values()):
        rng.shuffle(of_item)
    assert {item: family.told(item) for item in rng.sample((UNIT, CASE, PALLET), 3)} == expected
    assert expected[UNIT][2].custodian == "dealer-a"
    assert expected[UNIT][1] == {("mallory", "destroying"), ("mallory", "packing"), ("dealer-b", "retail_selling")}


@pytest.mark.parametrize("seed", range(20))
def test_a_history_that_is_settled_in_two_parts_is_settled_as_in_one(seed: int) -> None:
    rng = Random(seed)
    parties, steps = ["maker", "dealer-a", "shop", "mallory"], ["shipping", "receiving", "storing", "retail_selling"]
    history = in_order(
        [said(at, rng.choice(parties), rng.choice(steps), addressed=rng.choice([*parties, None])) for at in range(12)]
    )
    whole, cut = settle(MAKER, START, history), rng.randrange(12)
    first = settle(MAKER, START, history[:cut])
    second = settle(MAKER, first.custody, history[cut:])
    assert (*first.facts, *second.facts) == tuple(whole.facts)
    assert second.custody == whole.custody


def test_a_reader_is_one_observer_whatever_handsets_it_names() -> None:
    assert observer_of(Audience.EDGE, "made up", "dealer-a", "till") == "dealer-a/till"
    assert observer_of(Audience.CONSUMER, "phone", "consumers", "web") == "handset/phone"


def test_a_mandate_for_ever_has_no_end() -> None:
    assert Mandate("packer", frozenset({"end"}), "", 0, FOR_EVER).covers("packer", Verb.END, GTIN, 1 << 61)
