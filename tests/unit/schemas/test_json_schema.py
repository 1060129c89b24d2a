import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError
from referencing import Registry, Resource

from resolver.consumer.models import ScanRequest
from schemas import cose, event
from schemas.errors import InvalidEvent, InvalidMessage
from schemas.event import Action, Audience, LocationSource
from schemas.event_reader import read_event
from scripts.environment import ROOT

FOLDER = ROOT / "schemas"
NAMES = ["batch", "event", "receipt", "scan"]
SCHEMAS = {name: json.loads((FOLDER / "json" / f"{name}.schema.json").read_text()) for name in NAMES}
REGISTRY = Registry().with_resources([(schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()])
EVENTS = json.loads((FOLDER / "vectors" / "events.json").read_text())
SCANS = json.loads((FOLDER / "vectors" / "scans.json").read_text())
RECEIPTS = json.loads((FOLDER / "vectors" / "receipts.json").read_text())
BATCH = json.loads((FOLDER / "vectors" / "envelopes.json").read_text())["json"]["batch"]


def accepts(name, instance):
    return Draft202012Validator(SCHEMAS[name], registry=REGISTRY).is_valid(instance)


@pytest.mark.parametrize("name", NAMES)
def test_each_schema_is_one_of_draft_2020_12(name):
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMAS[name]["$id"] == f"{name}.schema.json"
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("case", EVENTS["good"] + EVENTS["bad"], ids=lambda case: case["name"])
def test_schema_and_gateway_agree_on_an_event(case):
    try:
        read_event(case["event"], cose.JSON, now=EVENTS["now"], clock_bound_s=EVENTS["clock_bound_s"])
    except InvalidEvent:
        taken = False
    else:
        taken = True
    assert accepts("event", case["event"]) == (taken or case.get("clock", False)), "only the clock is beyond a schema"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"colour": "red"},
        {"version": 2},
        {"version": True},
        {"org": 7},
        {"sequence": -1},
        {"sequence": 1 << 63},
        {"sequence": True},
        {"sequence": (1 << 63) - 1},
        {"sent_at": "now"},
        {"clock_bound_s": 86_400},
        {"clock_bound_s": 86_401},
        {"firmware": None},
        {"firmware": "2.4.1"},
        {"firmware": ""},
        {"firmware": "v" * 64},
        {"firmware": "v" * 65},
        {"firmware": "two\nlines"},
        {"firmware": 2},
        {"events": None},
        {"events": {}},
        {"events": []},
        {"events": [BATCH["events"][0]] * 1000},
        {"events": [BATCH["events"][0]] * 1001},
    ],
    ids=lambda change: repr(change)[:40],
)
def test_schema_and_gateway_agree_on_a_batch(change):
    try:
        event.decode_batch(json.dumps(BATCH | change).encode(), cose.JSON)
    except InvalidMessage:
        taken = False
    else:
        taken = True
    assert accepts("batch", BATCH | change) == taken


@pytest.mark.parametrize("name", sorted(set(event.BATCH_KEYS.values()) - event.OPTIONAL_BATCH_FIELDS))
def test_a_batch_without_a_field_is_refused_by_the_schema(name):
    assert not accepts("batch", {key: value for key, value in BATCH.items() if key != name})


def test_the_batch_schema_looks_into_its_events():
    assert not accepts("batch", BATCH | {"events": [BATCH["events"][0] | {"biz_step": "selling"}]})


def test_the_schemas_have_the_fields_and_words_of_the_contract():
    properties = SCHEMAS["event"]["properties"]
    assert list(properties) == list(event.EVENT_KEYS.values())
    assert list(SCHEMAS["batch"]["properties"]) == list(event.BATCH_KEYS.values())
    for name, words in (
        ("biz_step", event.BIZ_STEPS),
        ("disposition", event.DISPOSITIONS),
        ("action", Action),
        ("audience", Audience),
        ("source", LocationSource),
    ):
        assert set(properties[name]["enum"]) == set(words)


@pytest.mark.parametrize("name", [name for name in RECEIPTS if name != "about"])
def test_golden_receipts_fit_their_schema_and_no_field_may_be_missing(name):
    assert accepts("receipt", RECEIPTS[name])
    assert accepts("receipt", RECEIPTS[name] | {"later": 1})
    for field in RECEIPTS[name]:
        assert not accepts("receipt", {key: value for key, value in RECEIPTS[name].items() if key != field})


def test_schema_and_resolver_agree_on_scans():
    adapter = TypeAdapter(ScanRequest)
    for body in SCANS["good"]:
        adapter.validate_json(json.dumps(body))
        assert accepts("scan", body), body
    for body in SCANS["bad"]:
        with pytest.raises(ValidationError):
            adapter.validate_json(json.dumps(body))
        assert not accepts("scan", body), body


def test_the_scan_schema_has_the_resolvers_fields():
    assert set(SCHEMAS["scan"]["properties"]) == set(ScanRequest.model_fields)
