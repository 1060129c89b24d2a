"""The demo's check: one seed is one world, and an accusation is found wherever it stands."""

from firmware_sim.world.catalogue import DAY
from scripts.commands.up.accusations import Accusation, accusations
from scripts.commands.up.seed import last_midnight
from tests.support.worlds import NOW, attacked_world


def test_one_seed_is_one_world_at_any_hour_of_any_day():
    def told(now):
        end = last_midnight(now)
        plan, lots = attacked_world(2, now=end), {}
        steps = []
        for step in plan.steps:
            truth, lot = step.truth, lots.setdefault(step.truth.lot, len(lots))
            steps.append((truth.scenario, truth.stage, lot, truth.index, truth.actor, step.action.at - end))
        return steps

    assert told(NOW) == told(NOW + 40 * DAY + 5 * DAY // 24)


class Answers:
    """A client whose answers are given by path."""

    def __init__(self, answers):
        self._answers = answers

    def get(self, path, **query):
        return self._answers[path, query.get("cursor")]


def test_a_case_s_later_members_and_every_product_s_leak_report_are_read():
    alert = {"case_id": "c1", "kind": "copied", "subject": "01/1/21/A", "state": "new"}
    closed = {"case_id": "c2", "kind": "copied", "subject": "01/1/21/Z", "state": "closed"}
    maker = Answers(
        {
            ("/api/v1/alerts", None): {"alerts": [closed], "next": "/api/v1/alerts?cursor=2"},
            ("/api/v1/alerts", "2"): {"alerts": [alert], "next": None},
            ("/api/v1/cases/c1", None): {"accused_org": None},
            ("/api/v1/cases/c1/members", None): {"members": [{"subject": "01/1/21/A"}], "next": "/m?cursor=m2"},
            ("/api/v1/cases/c1/members", "m2"): {
                "members": [{"subject": "lane/m/dealer-06-depot/harbin"}],
                "next": None,
            },
        }
    )
    leaks = [
        {"gtin": "1", "credible": ["dc-1"], "suspects": []},
        {"gtin": "2", "credible": ["dc-1"], "suspects": [{"item": "01/2/21/B"}]},
    ]
    found = accusations(maker, Answers({("/api/v1/leaks", None): {"leaks": leaks}}))
    assert [each.where for each in found if each.names_organisation("dealer-06")] == ["case c1 of copied"]
    assert [each.where for each in found if each.names_item("/01/2/21/B")] == ["leak report of 2"]
    assert not any(each.names_item("/01/1/21/Z") for each in found), "its case is closed"
    assert not Accusation("", "reader/dealer-060/gate").names_organisation("dealer-06")
