"""The siege: what it measures, and that an attack that broke something, or could not be made, is never "held"."""

import threading
import time
from types import SimpleNamespace

import pytest

from scripts.commands.siege import campaign as campaigns
from scripts.commands.siege import command, memory_limit
from scripts.commands.siege.attack import Attack, needed
from scripts.commands.siege.attacks import ATTACKS, KNOWN, LIFTED
from scripts.commands.siege.campaign import Campaign
from scripts.commands.siege.measure import LEAST_SAMPLES, Sample, by_kind, p99, served
from scripts.commands.siege.outcome import BEGIN, END, Outcome, summary, with_table

QUIET = {"page": 0.01, "mqtt": 0.02}


def steady(kind, start, number, *, every=0.1, seconds=0.01, error=""):
    return [Sample(kind, start + n * every, seconds, error) for n in range(number)]


def test_the_99_percent_point_is_a_value_that_was_measured():
    assert p99([]) is None
    assert p99(range(1, 101)) == 99
    assert p99([3.0]) == 3.0


def test_each_kind_is_compared_with_its_own_quiet_point():
    samples = steady("page", 0, 60, seconds=0.02) + steady("mqtt", 0, 60, seconds=0.2)
    found = served(samples, 0, 6, QUIET)
    assert found.times == pytest.approx(10.0)
    assert by_kind(samples) == {"page": 0.02, "mqtt": 0.2}


def test_too_few_requests_have_no_99_percent_point():
    found = served(steady("page", 0, LEAST_SAMPLES - 1), 0, 10, QUIET)
    assert (found.p99_ms, found.times) == (None, None)


def test_an_outage_is_the_longest_time_without_an_answer_of_one_kind():
    down = steady("mqtt", 2.0, 5, seconds=0.5, error="no receipt")
    samples = steady("page", 0, 100) + steady("mqtt", 0, 20) + down + steady("mqtt", 5.0, 50)
    found = served(samples, 0, 10, QUIET)
    assert found.outage_s == pytest.approx(5.01 - 1.91)
    assert found.failures == ("mqtt: no receipt",) * 5


def test_nobody_served_at_all_is_an_outage_from_beginning_to_end():
    assert served(steady("page", 0, 100), 0, 10, QUIET).outage_s == pytest.approx(10)


class Part:
    """A process that may die, with a limit that nobody enforces."""

    def __init__(self, name, most=100, resident=50):
        self.name, self.limit = name, SimpleNamespace(most=most, enforced=False)
        self.process = SimpleNamespace(running=True)
        self._resident, self.begun = resident, 0

    def resident(self):
        return self._resident

    def failure(self):
        return "" if self.process.running else f"{self.name} ended"

    def begin(self):
        self.process.running, self.begun = True, self.begun + 1


class Honest:
    """People who are served, or not, at a word."""

    def __init__(self):
        self.samples, self.error, self.seconds = [], "", 0.001

    def recovered(self):
        now = time.monotonic()
        self.samples += [Sample("page", now, self.seconds, self.error) for _ in range(LEAST_SAMPLES)]
        return 0.1


@pytest.fixture
def siege(monkeypatch):
    monkeypatch.setattr(campaigns, "_QUIET_S", 0.0)
    part, honest = Part("resolver"), Honest()
    campaign = Campaign(SimpleNamespace(stack=SimpleNamespace(parts=[part])), honest)
    campaign.quiet = [Sample("page", 0.0, 0.001, "")]
    return campaign, part, honest


def attack(during=lambda: None, how="", *, made=True):
    def play(stage):
        needed(made, "nobody answered")
        during()
        yield "1 request"
        return how

    return Attack(play, "something")


def test_an_attack_after_which_everything_is_as_it_was_has_not_succeeded(siege):
    campaign, _, _ = siege
    outcome = campaign.play("calm", attack())
    assert (outcome.word, outcome.sent, outcome.how) == ("held", "1 request", "")


def test_what_must_hold_and_does_not_is_broken(siege):
    campaign, _, _ = siege
    assert campaign.play("rows", attack(how="1,000 rows were left")).how == "1,000 rows were left"


def test_a_platform_that_does_not_answer_the_question_is_broken(siege):
    campaign, _, _ = siege

    def play(stage):
        yield "1 request"
        raise OSError("refused")

    outcome = campaign.play("mute", Attack(play, "something"))
    assert (outcome.word, "OSError: refused" in outcome.how) == ("broken", True)


def test_honest_requests_that_fail_or_wait_break_an_attack(siege):
    campaign, _, honest = siege
    failing = campaign.play("failing", attack(lambda: setattr(honest, "error", "status 503")))
    assert "honest requests failed (page: status 503)" in failing.how
    honest.error = ""
    slow = campaign.play("slow", attack(lambda: setattr(honest, "seconds", 0.02)))
    assert "times the quiet one" in slow.how
    campaign.by_speed = False
    unjudged = campaign.play("short", attack())
    assert (unjudged.word, unjudged.times) == ("held", slow.times)


def test_a_process_that_ends_or_outgrows_its_limit_breaks_an_attack_and_is_started_again(siege):
    campaign, part, _ = siege
    outcome = campaign.play("killer", attack(lambda: setattr(part.process, "running", False)))
    assert (outcome.word, outcome.how, part.begun) == ("broken", "resolver ended", 1)
    part._resident = 200 << 20
    part.limit.most = 100 << 20
    watched = threading.Event()
    seen = part.resident
    part.resident = lambda: (watched.set(), seen())[1]
    assert "resolver took 200 MB of 100" in campaign.play("eater", attack(lambda: watched.wait(5))).how


def test_an_attack_that_could_not_be_made_did_not_hold(siege):
    campaign, _, _ = siege
    outcome = campaign.play("missing", attack(made=False))
    assert (outcome.word, outcome.how) == ("not made", "nobody answered")
    found = summary([outcome, campaign.play("calm", attack())])
    assert (found["attacks"], found["held"], found["broken"], found["not_made"]) == (2, 1, 0, ["missing"])


def test_each_attack_says_who_does_what_and_what_must_hold():
    assert len(ATTACKS) >= 40
    assert all(each.about and each.threat for each in ATTACKS.values())
    assert sum(each.quick for each in ATTACKS.values()) < len(ATTACKS)


def test_the_limits_are_those_of_the_deployment():
    limits = memory_limit.deployed_limits()
    expected = {"store", "broker", "gateway", "capture", "notifier", "assessor", "resolver", "proxy"}
    assert expected <= limits.keys()
    assert limits["gateway"] == 512 << 20
    assert limits["store"] == 4096 << 20


def test_a_page_with_marks_keeps_what_is_around_its_table():
    page = f"# Security\n\n{BEGIN}\nold\n{END}\n\n## More\n"
    assert with_table(page, "new") == f"# Security\n\n{BEGIN}\n\nnew\n{END}\n\n## More\n"
    assert with_table(with_table(page, "x"), "new") == with_table(page, "new")
    assert with_table("", "new") == "new"


def outcomes(**words):
    return [Outcome(name, "", "", word) for name, word in words.items()]


@pytest.mark.parametrize(
    ("words", "options", "code"),
    [
        ({"a": "held"}, {}, True),
        ({"a": "broken"}, {}, False),
        ({"a": "not made"}, {}, False),
        ({"known": "broken"}, {}, False),
        ({"known": "broken", "a": "held"}, {"except_known": True}, True),
        ({"known": "broken", "a": "broken"}, {"except_known": True}, False),
        ({"known": "not made"}, {"except_known": True}, False),
        ({"a": "broken"}, {"lifted": True}, True),
        ({"a": "broken", "b": "held"}, {"lifted": True}, False),
    ],
)
def test_only_what_was_made_and_did_not_succeed_is_well_unless_it_is_known(monkeypatch, words, options, code):
    monkeypatch.setattr(command, "KNOWN", {"known": "to be built"})
    chosen = SimpleNamespace(**{"lifted": False, "except_known": False} | options)
    assert command._is_as_wanted(outcomes(**words), chosen) is code


def test_what_is_known_and_what_controls_play_are_attacks():
    assert {*KNOWN, *LIFTED} <= ATTACKS.keys()
