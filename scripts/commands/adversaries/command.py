"""Attack a platform of its own as those who lie to it would: crowds of phones, hostile readers, rivals, leaked tokens.

All attacks are made first, then everything is stored, judged and assessed; then each is asked whether it succeeded.
Controls say the same with the right to say it, and must be heard. The networks of phones are told to the resolver as an
operator tells it a history: in life a liar would have to have them.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

from gateway.evidence.model import fitted_model
from gateway.evidence.price import price_of_lie
from scripts.commands.adversaries import controls, phones, readers, sellers
from scripts.commands.adversaries.attack import Attack, NotCarriedOut, Play
from scripts.commands.adversaries.stage import Stage, opened

ATTACKS: dict[str, Attack] = phones.ATTACKS | readers.ATTACKS | sellers.ATTACKS

_STYLES = {"held": None, "broken": "red", "not carried out": "yellow"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attack ended. ``sent``: what it sent; ``how``: how it succeeded, or why it could not be made."""

    word: Literal["held", "broken", "not carried out"]
    sent: str
    how: str


def main(arguments: Sequence[str]) -> int:
    """Play the chosen attacks and all controls; 0 only when every attack held and every control was heard."""
    parser = argparse.ArgumentParser(prog="scripts/adversaries", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=ATTACKS, help="play this attack (may be given several times)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of what is random (default: 1)")
    parser.add_argument("--list", action="store_true", help="say what each attack does, and end")
    parser.add_argument("--json", action="store_true", help="no table; the last line is JSON in any case")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    if options.list:
        for name, attack in (ATTACKS | controls.CONTROLS).items():
            console.print(f"{name:28} {_about(attack)}", highlight=False)
        return 0
    with opened(options.seed) as stage:
        chosen = {name: ATTACKS[name] for name in options.only or ATTACKS}
        attacks = played(stage, chosen)
        heard = played(stage, controls.CONTROLS)
    console.print(_table(attacks | heard))
    price = price_of_lie(fitted_model())
    if price is not None:
        console.print(
            f"A lie about one genuine unit costs {price.networks} networks in {price.regions} regions on {price.days}"
            " days apart from each other. What it costs in recall: docs/detection.md."
        )
    summary = {
        "tried": sum(each.word != "not carried out" for each in attacks.values()),
        "held": sum(each.word == "held" for each in attacks.values()),
        "broken": sum(each.word == "broken" for each in attacks.values()),
        "not_carried_out": [name for name, each in attacks.items() if each.word == "not carried out"],
        "price": price._asdict() if price is not None else None,
        "controls": len(heard),
        "controls_unheard": [name for name, each in heard.items() if each.word != "held"],
    }
    print(json.dumps(summary))
    return 0 if summary["held"] == len(attacks) and not summary["controls_unheard"] else 1


def played(stage: Stage, attacks: Mapping[str, Attack]) -> dict[str, Outcome]:
    """Make all attacks, settle, and ask how each ended."""
    outcomes: dict[str, Outcome] = {}
    begun: dict[str, tuple[Play, str]] = {}
    for name, attack in attacks.items():
        play = attack(stage)
        try:
            begun[name] = play, next(play)
        except NotCarriedOut as error:
            outcomes[name] = Outcome("not carried out", "", str(error))
    stage.settle()
    for name, (play, sent) in begun.items():
        outcomes[name] = _ended(play, sent)
    return {name: outcomes[name] for name in attacks}


def _ended(play: Play, sent: str) -> Outcome:
    try:
        next(play)
    except StopIteration as end:
        return Outcome("broken" if end.value else "held", sent, str(end.value or ""))
    raise AssertionError("an attack yields once")


def _about(attack: Attack) -> str:
    return " ".join((attack.__doc__ or "").split())


def _table(outcomes: Mapping[str, Outcome]) -> Table:
    table = Table("attack or control", "", "sent", "what succeeded, or why it was not made")
    for name, outcome in outcomes.items():
        table.add_row(name, outcome.word, outcome.sent, outcome.how, style=_STYLES[outcome.word])
    return table
