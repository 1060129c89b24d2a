"""Besiege a platform of its own: attacks on its limits, one after the other, while honest people and readers use it.

Everything runs as docker-compose.yml has it: resolver behind nginx, two gateways, HTTP capture, notifier, assessor,
Mosquitto and PostgreSQL, each process under the memory limit of its service. An attack is broken when something that
its docstring promises does not hold, when an honest request fails or the p99 of them exceeds five times the quiet one,
or when a process leaves its limit.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from schemas.errors import SuyuanError
from scripts.commands.siege.attack import Attack
from scripts.commands.siege.attacks import ATTACKS
from scripts.commands.siege.campaign import Campaign
from scripts.commands.siege.honest import honest_load
from scripts.commands.siege.outcome import HEADINGS, Outcome, markdown, summary
from scripts.commands.siege.stage import opened
from scripts.system.embedded.errors import EmbeddedError

_STYLES = {"held": None, "broken": "red", "not made": "yellow"}


def main(arguments: Sequence[str]) -> int:
    """Play the chosen attacks; 0 only when each was made and held, 2 when the platform could not be started."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=options.json)
    if options.list:
        for name, attack in ATTACKS.items():
            console.print(f"{name:30} {attack.about}", highlight=False)
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is put away
    chosen = {name: attack for name, attack in ATTACKS.items() if _is_chosen(options, name, attack)}
    try:
        outcomes, quiet = _played(chosen, console, quick=options.quick)
    except (SuyuanError, EmbeddedError, OSError) as error:
        console.print(f"[red]scripts/siege:[/red] {error}", highlight=False)
        return 2
    console.print(_table(outcomes))
    if options.table is not None:
        options.table.write_text(markdown(outcomes, quiet), encoding="utf-8")
    found = summary(outcomes)
    print(json.dumps(found))
    return 0 if found["held"] == found["attacks"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/siege", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the attacks that are over in seconds")
    parser.add_argument(
        "--only", action="append", choices=ATTACKS, metavar="NAME", help="this attack (may be given several times)"
    )
    parser.add_argument("--list", action="store_true", help="say what each attack does, and end")
    parser.add_argument("--json", action="store_true", help="no table; the last line is JSON in any case")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the table as Markdown")
    return parser


def _is_chosen(options: argparse.Namespace, name: str, attack: Attack) -> bool:
    if options.only:
        return name in options.only
    return attack.quick or not options.quick


def _played(attacks: dict[str, Attack], console: Console, *, quick: bool) -> tuple[list[Outcome], str]:
    with tempfile.TemporaryDirectory(prefix="suyuan-siege-") as name:
        folder = Path(name)
        with opened(folder) as stage, honest_load(stage, folder) as honest:
            campaign = Campaign(stage, honest)
            campaign.begin(seconds=4.0 if quick else 10.0)
            outcomes = []
            for number, (attack_name, attack) in enumerate(attacks.items(), start=1):
                outcomes.append(campaign.play(attack_name, attack))
                each = outcomes[-1]
                _, _, *rest = each.row()
                console.print(f"{number:3} {attack_name}: {' · '.join(filter(None, rest))}", highlight=False)
            return outcomes, campaign.quiet_words()


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(*HEADINGS)
    for each in outcomes:
        table.add_row(*each.row(), style=_STYLES[each.word])
    return table
