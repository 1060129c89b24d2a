import ast
import json
import re

import pytest

from schemas import base32, event, topics
from schemas.event import LocationSource
from scripts.environment import ROOT

TEXT = (ROOT / "docs" / "protocol.md").read_text()
VECTORS = ROOT / "schemas" / "vectors"
ENVELOPE = json.loads((VECTORS / "envelopes.json").read_text())["cbor"]
ERRORS = {
    "InvalidMessage": 0,
    "InvalidEvent": 0,
    "InvalidIdentifier": 0,
    "Rejection": 1,
    "Fault": 0,
    "_at": 1,
    "_value": 1,
}
"""The names that carry a reason, and which argument it is."""


def section(number):
    return re.search(rf"^## {number}\. .*?(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)[0]


def rows(text):
    """The cells of each table row, heads and rulers left out."""
    found = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")
    ]
    return [[cell.strip("` |") for cell in row] for row in found]


def reasons_in(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ERRORS:
            position = ERRORS[node.func.id]
            if len(node.args) > position and isinstance(node.args[position], ast.Constant):
                yield node.args[position].value


def test_the_table_of_reasons_lists_exactly_what_the_code_gives():
    listed = [row[0] for row in rows(section(8)) if row[0] != "reason"]
    sources = [path for folder in ("schemas", "gateway") for path in (ROOT / folder).rglob("*.py")]
    raised = {reason for path in sources for reason in reasons_in(path)}
    assert len(raised) > 20, "the search itself must find something"
    assert set(listed) == raised
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    "name", ["reader_public_key", "protected", "payload", "sig_structure", "signature", "message", "digest"]
)
def test_the_worked_example_is_the_golden_vector(name):
    (block,) = re.findall(rf"<!-- vector: {name} -->\n\n((?:    [0-9a-f]+\n)+)", TEXT)
    assert re.sub(r"\s", "", block) == ENVELOPE[name]


def test_the_worked_examples_receipt_and_event_id_are_the_golden_ones():
    (receipt,) = re.findall(r"```json\n(.*?)```", section(10), re.DOTALL)
    assert json.loads(receipt) == json.loads((VECTORS / "receipts.json").read_text())["stored"]
    first = json.loads((VECTORS / "event_ids.json").read_text())["event_ids"][0]
    assert (first["sequence"], first["position"]) == (7, 0)
    assert first["event_id"] in section(10)


def test_the_tables_of_fields_are_the_contracts():
    numbered = [(int(row[0]), row[1]) for row in rows(section(5)) if row[0].isdigit()]
    assert numbered == [*event.BATCH_KEYS.items(), *event.EVENT_KEYS.items()]


def test_the_words_are_the_contracts():
    for title, words in (("Business steps", event.BIZ_STEPS), ("Dispositions", event.DISPOSITIONS)):
        (listed,) = re.findall(rf"\*\*{title}\*\*: ((?:`\w+`\s+)+)", section(5))
        assert set(re.findall(r"\w+", listed)) == words


def test_the_sources_and_their_least_radii_are_the_contracts():
    listed = {row[0]: float(row[2].replace(",", "")) for row in rows(section(5)) if row[0] in set(LocationSource)}
    assert listed == {source.value: source.least_radius_m for source in LocationSource}


def test_topics_limits_and_alphabet_are_the_contracts():
    for channel in topics.CHANNELS:
        assert f"`{topics.Address('{org}', '{reader}').topic(channel)}`" in section(3)
    assert f"{event.MAX_MESSAGE_BYTES:,} bytes" in section(5)
    assert f"{event.MAX_EVENTS:,} events" in section(5)
    assert f"    {base32.ALPHABET}\n" in section(9)


def test_every_file_that_the_page_links_to_exists():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
