"""Pages that are written from the code, so that they can't drift from it, and the part of docs/detection.md that is."""

import argparse
import sys
from collections.abc import Sequence

import gateway.settings
import resolver.settings
from gateway.assess.settings import AssessSettings
from gateway.authority.mandate import NEEDED
from gateway.authority.policy import Relation, Standing, standing
from gateway.authority.verb import STEPS, Verb
from gateway.capture.settings import CaptureSettings
from gateway.evidence.cards import CARDS as ASSESSED_CARDS
from gateway.notify.settings import NotifySettings
from gateway.rules import CARDS
from gateway.rules.fold import Card
from gateway.rules.left_out import LEFT_OUT
from gateway.rules.resolver_cards import CARRIER_CARDS
from schemas.settings import documentation
from scripts.architecture.rooms import FLOORS, rooms_of
from scripts.architecture.source import read_modules
from scripts.environment import ROOT

_RULES_FROM = "<!-- Rules, written by scripts/docs from their cards: change them there. -->"
_RULES_TO = "<!-- End of the rules. -->"
_ROOMS_FROM = "<!-- Rooms, written by scripts/docs from the packages' docstrings: change them there. -->"
_ROOMS_TO = "<!-- End of the rooms. -->"
_AUTHORITY_FROM = "<!-- Authority, written by scripts/docs from gateway/authority: change it there. -->"
_AUTHORITY_TO = "<!-- End of authority. -->"
_NOTE = "<!-- Written by scripts/docs from the code: change it there. -->\n\n"


def settings_page() -> str:
    """docs/settings.md: every setting of gateway and resolver."""
    kinds = (
        ("gateway", gateway.settings.Settings),
        ("gateway capture", CaptureSettings),
        ("gateway notify", NotifySettings),
        ("gateway assess", AssessSettings),
        ("resolver", resolver.settings.Settings),
    )
    return (
        _NOTE
        + "# Settings\n\nRead from the environment. A secret may stand in a file instead: add `_FILE` to the name and"
        " give the path.\nA setting without a default is required, but for those that say `when set`.\n"
        + "".join(
            f"\n## {name}\n\n{_table(('setting', 'default', 'meaning'), documentation(kind))}" for name, kind in kinds
        )
    )


def rules_page() -> str:
    """docs/rules.md: every rule with what else may cause it."""
    return (
        _NOTE
        + "# Rules\n\nA *fact* is shown to whoever scans, a *watch* is silent, an *alert* opens an incident and asks a"
        " person to act.\n\n## In the transaction that stores the event\n\n"
        + _rules((*CARDS, *CARRIER_CARDS))
        + "\n## Behind it: what many phones and goods say together ([detection.md](detection.md))\n\n"
        + _rules(ASSESSED_CARDS)
        + "\n## Left out\n\nWhat others find, or was asked for, and is not here.\n\n"
        + _table(("what it would say", "why it is left out"), [(each.what, each.why) for each in LEFT_OUT])
    )


def detection_page() -> str:
    """docs/detection.md, with its tables of rules between the two marks written anew."""
    tables = (
        "### In the transaction that stores the event\n\n"
        + _rules((*CARDS, *CARRIER_CARDS))
        + "\n### Behind it, from the evidence of many phones and goods\n\n"
        + _rules(ASSESSED_CARDS)
    )
    return _between("docs/detection.md", _RULES_FROM, _RULES_TO, tables)


def architecture_page() -> str:
    """docs/architecture.md, with its tables of rooms between the two marks written anew."""
    modules = read_modules(ROOT)
    tables = []
    for package, floors in FLOORS.items():
        docstrings = rooms_of(package, modules)
        rows = [
            (str(number), f"`{room}/`", docstrings[room].splitlines()[0])
            for number, floor in reversed(list(enumerate(floors)))
            for room in sorted(floor)
        ]
        tables.append(f"### {package}/\n\n{_table(('floor', 'room', 'what it is for'), rows)}")
    return _between("docs/architecture.md", _ROOMS_FROM, _ROOMS_TO, "\n".join(tables))


def authority_page() -> str:
    """docs/authority.md, with the policy's tables between the two marks written anew."""
    kinds = [(f"`{verb}`", _standing_of(verb), _steps_of(verb)) for verb in Verb]
    who = [(f"`{relation}`", _MEANING[relation]) for relation in Relation]
    tables = (
        _table(("statement", "a fact from", "business steps"), kinds)
        + "\nFrom anybody else it is a claim; from a consumer, it is refused.\n\n"
        + _table(("relation", "what the organisation has to do with the item"), who)
    )
    return _between("docs/authority.md", _AUTHORITY_FROM, _AUTHORITY_TO, tables)


def _standing_of(verb: Verb) -> str:
    words = {Relation.MANDATE: f" ({'any' if verb is Verb.OBSERVE else f'`{NEEDED[verb]}`'})"}
    facts = [relation for relation in Relation if standing(verb, relation) is Standing.FACT]
    return ", ".join(f"`{relation}`{words.get(relation, '')}" for relation in facts)


def _steps_of(verb: Verb) -> str:
    return " ".join(f"`{step}`" for step in sorted(STEPS.get(verb, ()))) or "any, with disposition `recalled`"


_MEANING = {
    Relation.OWNER: "the code is of its company prefix",
    Relation.CUSTODIAN: "the item was shipped to it, and it received it",
    Relation.ADDRESSEE: "the item was sent to it, and nobody has received it since",
    Relation.SITE: "it speaks by a grant from a site of whoever has the goods or is addressed, and gives none away",
    Relation.MANDATE: "the owner gave it a mandate, with the word in brackets",
    Relation.AUTHORITY: "a regulator's reader of class `inspector`",
    Relation.CONSUMER: "a person who scanned the code",
    Relation.STRANGER: "none of these",
}


def _between(name: str, opening: str, closing: str, text: str) -> str:
    """The page ``name`` with ``text`` between the two marks."""
    before, _, rest = (ROOT / name).read_text(encoding="utf-8").partition(opening)
    _, _, after = rest.partition(closing)
    return f"{before}{opening}\n\n{text}\n{closing}{after}"


def _rules(cards: Sequence[Card]) -> str:
    rows = [(f"`{card.name}`", card.kind.value, card.about, card.innocent_causes) for card in cards]
    return _table(("rule", "suspected", "meaning", "what else it may be"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


PAGES = {
    "docs/settings.md": settings_page,
    "docs/rules.md": rules_page,
    "docs/detection.md": detection_page,
    "docs/architecture.md": architecture_page,
    "docs/authority.md": authority_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages; 0 when done."""
    parser = argparse.ArgumentParser(
        prog="scripts/docs",
        description=f"Write the pages that come from the code, wholly or in part: {', '.join(PAGES)}.",
    )
    parser.parse_args(arguments)
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(f"{name} is written", file=sys.stderr)
    return 0
