"""The command that plays adversaries: a result is never better than what was carried out."""

import pytest

from scripts.commands.adversaries import command, controls
from scripts.commands.adversaries.attack import Attack, Play, needed


class CalmStage:
    """Settles at once, and remembers that it was asked to."""

    settled = 0

    def settle(self) -> None:
        self.settled += 1


def attack(how: str, *, carried_out: bool = True) -> Attack:
    def play(stage) -> Play:
        needed(carried_out, "nobody answered")
        assert stage.settled == 0
        yield "1 event"
        assert stage.settled == 1
        return how

    return play


def test_attacks_are_asked_how_they_ended_only_after_the_platform_has_settled() -> None:
    outcomes = command.played(CalmStage(), {"a": attack(""), "b": attack("the page says copied")})
    assert [(each.word, each.how) for each in outcomes.values()] == [("held", ""), ("broken", "the page says copied")]


def test_an_attack_that_could_not_be_made_did_not_hold() -> None:
    outcome = command.played(CalmStage(), {"a": attack("", carried_out=False)})["a"]
    assert (outcome.word, outcome.how) == ("not carried out", "nobody answered")


@pytest.mark.parametrize("plays", [command.ATTACKS, controls.CONTROLS])
def test_each_attack_says_who_does_what(plays: dict[str, Attack]) -> None:
    assert all(play.__doc__ for play in plays.values())


def test_at_least_twenty_five_attacks_are_known() -> None:
    assert len(command.ATTACKS) >= 25
