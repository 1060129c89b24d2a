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
from scripts.commands.siege.attacks import ATTACKS, KNOWN, LIFTED
from scripts.commands.siege.campaign import Campaign
from scripts.commands.siege.honest import honest_load
from scripts.commands.siege.outcome import HEADINGS, Outcome, markdown, summary, with_table
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
    if options.lifted:
        chosen = {name: ATTACKS[name] for name in LIFTED}
    try:
        outcomes = _played(chosen, console, options)
    except (SuyuanError, EmbeddedError, OSError) as error:
        console.print(f"[red]scripts/siege:[/red] {error}", highlight=False)
        return 2
    console.print(_table(outcomes))
    found = summary(outcomes)
    print(json.dumps(found))
    return 0 if _is_as_wanted(outcomes, options) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/siege", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="the attacks that are over in seconds: too short to judge a p99, which is printed alone",
    )
    parser.add_argument(
        "--only", action="append", choices=ATTACKS, metavar="NAME", help="this attack (may be given several times)"
    )
    parser.add_argument(
        "--lifted",
        action="store_true",
        help="controls: some attacks without the limits that they try; 0 only when each succeeds",
    )
    parser.add_argument(
        "--except-known", action="store_true", help="0 also when attacks succeed that are known to (docs/security.md)"
    )
    parser.add_argument("--list", action="store_true", help="say what each attack does, and end")
    parser.add_argument("--json", action="store_true", help="no table; the last line is JSON in any case")
    parser.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="write the table as Markdown, into a page that has its marks or alone",
    )
    return parser


def _is_chosen(options: argparse.Namespace, name: str, attack: Attack) -> bool:
    if options.only:
        return name in options.only
    return attack.quick or not options.quick


def _is_as_wanted(outcomes: Sequence[Outcome], options: argparse.Namespace) -> bool:
    if options.lifted:
        return all(each.word == "broken" for each in outcomes)
    excused = KNOWN if options.except_known else {}
    return all(each.word == "held" or (each.word == "broken" and each.name in excused) for each in outcomes)


def _played(attacks: dict[str, Attack], console: Console, options: argparse.Namespace) -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="suyuan-siege-") as name:
        folder = Path(name)
        with opened(folder, lifted=options.lifted) as stage, honest_load(stage, folder) as honest:
            campaign = Campaign(stage, honest, by_speed=not options.quick)
            campaign.begin(seconds=4.0 if options.quick else 10.0)
            outcomes = []
            for number, (attack_name, attack) in enumerate(attacks.items(), start=1):
                outcomes.append(campaign.play(attack_name, attack))
                each = outcomes[-1]
                _, _, *rest = each.row()
                console.print(f"{number:3} {attack_name}: {' · '.join(filter(None, rest))}", highlight=False)
                if options.table is not None:  # a run that is ended has what it found
                    _write_table(options.table, markdown(outcomes, campaign.quiet_words()))
            return outcomes


def _write_table(file: Path, table: str) -> None:
    page = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(with_table(page, table), encoding="utf-8")


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(*HEADINGS)
    for each in outcomes:
        table.add_row(*each.row(), style=_STYLES[each.word])
    return table
