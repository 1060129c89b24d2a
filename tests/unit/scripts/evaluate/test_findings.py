from gateway.evidence.suspicion import SuspectedItem, SuspectedLane, SuspectedRoll, SuspectedSource, Suspicion
from scripts.commands.evaluate.findings import findings_of

ITEM = Suspicion(SuspectedItem(7), "copied", "watch", 4.0, 10, (7,), history=((10, 3.0), (20, 9.0), (30, 4.0)))
LANE = Suspicion(SuspectedLane(3, 9), "diverted", "alert", 5.0, 10)
ROLL = Suspicion(SuspectedRoll("2", 0), "stolen", "alert", 12.0, 10)
SOURCE = Suspicion(SuspectedSource("50001"), "guessing", "alert", 10.0, 10)


def test_alerts_are_sorted_by_what_they_are_about():
    findings = findings_of([ITEM, LANE, ROLL, SOURCE])
    assert findings.items == {7: ITEM}
    assert findings.lanes == {(3, 9): LANE}
    assert findings.rolls == (ROLL,)
    assert findings.sources == {50001: SOURCE}
    assert findings.readers == findings.dumping == {}


def test_an_item_has_its_score_now_and_the_highest_that_it_ever_had():
    findings = findings_of([ITEM])
    assert (findings.score(7), findings.peak(7)) == (4.0, 9.0)
    assert (findings.score(8), findings.peak(8)) == (0.0, 0.0)


def test_an_item_is_known_from_the_moment_at_which_its_score_was_high_enough():
    findings = findings_of([ITEM])
    assert not findings.known_by(7, 19, 5.0)
    assert findings.known_by(7, 20, 5.0)
    assert findings.known_by(7, 99, 5.0)
    assert not findings.known_by(8, 99, 5.0)
