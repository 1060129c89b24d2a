"""What the demo's readers report is theirs to say, by the destinations of shipments; but for the rival who lies."""

import pytest

from firmware_sim.world.plan import ReaderEvent
from gateway.authority.carrying import FamilyRecord, Histories
from gateway.authority.custody import START, Goods
from gateway.authority.settling import settle
from gateway.authority.walk import PackingMark
from gateway.rules.history import Sighting
from schemas import code
from schemas.event import Action
from schemas.reading import read
from tests.support.worlds import KEYRING, PARAMETERS, attacked_world


@pytest.fixture(scope="module")
def record() -> FamilyRecord:
    """What the readers of the demo report, crimes among it, as judging reads it back."""
    plan = attacked_world()
    sites = {site.site_id: site for site in plan.catalogue.sites}
    record = FamilyRecord({}, {}, {})
    for number, step in enumerate(plan.steps):
        if not isinstance(step.action, ReaderEvent):
            continue
        event, org_id = step.action.event, step.action.org_id
        site = sites.get(event.read_point)
        if site is not None and site.org_id != org_id:
            assert step.truth.scenario == "framing"
            continue  # refused
        kind, site_org = (None, None) if site is None else (site.kind, site.org_id)
        addressed = None if event.destination is None else sites[event.destination].org_id
        sighting = Sighting(
            f"{number:08}", event.occurred_at, event.biz_step, event.action, event.disposition, event.audience, None,
            event.read_point, kind, None, 0, None, False, org_id, "reader", site_org, addressed,
        )  # fmt: skip
        item, *children = (code.check(read(text), KEYRING).item_id for text in (event.item, *event.children))
        record.own.setdefault(item, []).append(sighting)
        for child in children:
            mark = PackingMark(event.occurred_at, sighting.event_id, item, event.action is Action.ADD)
            record.marks.setdefault(child, []).append(mark)
        record.goods.update({each: Goods(PARAMETERS.maker.org) for each in (item, *children)})
    return record


def test_everything_that_the_demos_readers_report_is_a_fact_but_a_rivals_lies(record: FamilyRecord) -> None:
    histories = Histories(record)
    settled = {item: settle(goods, START, histories.of(item)) for item, goods in record.goods.items()}
    claims = [claim.sighting for each in settled.values() for claim in each.claims]
    assert {sighting.biz_step for sighting in claims} == {"retail_selling", "destroying"}
    assert len(claims) == 2 * PARAMETERS.attack.framed_units
    assert len({each.custody.custodian for each in settled.values()}) > 1, "dealers have received it"
