import json
import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas import base32, code, cose, digital_link, event, receipt
from schemas.code import Proof
from schemas.errors import InvalidEvent
from schemas.event_reader import read_event
from schemas.ff1 import FF1
from schemas.keys import Issuer, Keyring, SigningKey
from schemas.serial import Sealer
from scripts.commands import vectors

CODES = json.loads((vectors.FOLDER / "codes.json").read_text())
ENVELOPES = json.loads((vectors.FOLDER / "envelopes.json").read_text())
EVENTS = json.loads((vectors.FOLDER / "events.json").read_text())
RECEIPTS = json.loads((vectors.FOLDER / "receipts.json").read_text())
FORMS = ["cbor", "json", "cbor_with_firmware"]


@pytest.mark.parametrize("name", vectors.build())
def test_the_committed_vectors_are_what_the_contract_gives(name):
    assert (vectors.FOLDER / name).read_text() == vectors.text(vectors.build()[name]), (
        "run scripts/vectors, and mean it"
    )


@pytest.mark.parametrize("unit", CODES["units"], ids=lambda unit: unit["serial"])
def test_a_golden_serial_is_ff1_by_the_standard(unit):
    key = bytes.fromhex(CODES["sealing_keys"][str(unit["key_number"])])
    value = unit["key_number"] << 56 | unit["batch_number"] << 30 | unit["index"]
    plain = [value >> 5 * place & 31 for place in range(19, -1, -1)]
    cipher = FF1(key, 32).encrypt(plain, int(unit["gtin"]).to_bytes(8))
    assert "".join(base32.ALPHABET[numeral] for numeral in cipher) == unit["serial"]


@pytest.mark.parametrize("unit", CODES["units"], ids=lambda unit: unit["serial"])
def test_a_golden_code_proves_itself_in_each_form(unit):
    sealers = tuple(Sealer(bytes.fromhex(key), int(number)) for number, key in CODES["sealing_keys"].items())
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(CODES["code_public_key"]))
    signing = SigningKey(CODES["code_key_id"], CODES["org"], public, *[datetime(2026, 1, 1, tzinfo=UTC)] * 2)
    keyring = Keyring({"9521234": Issuer(CODES["org"], sealers)}, {signing.kid: signing})
    for form, proof in (("sealed_uri", Proof.SEALED), ("signed_uri", Proof.SIGNED), ("query_uri", Proof.SIGNED)):
        checked = code.check(digital_link.parse(unit[form]), keyring)
        assert checked.proof is proof
        assert checked.unit is not None
        assert checked.unit.index == unit["index"]


@pytest.mark.parametrize("unit", CODES["units"], ids=lambda unit: unit["serial"])
def test_a_golden_signature_verifies_from_the_vector_alone(unit):
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(CODES["code_public_key"]))
    signature = bytes.fromhex(unit["signature"])
    public.verify(signature, bytes.fromhex(unit["signing_input"]))
    assert unit["signed_uri"].split("/")[3] == CODES["code_key_id"] + unit["signature_base32"]
    assert urlsafe_b64decode(unit["query_uri"].partition("8030=K1")[2] + "==") == signature


@pytest.mark.parametrize("form", FORMS)
def test_a_golden_envelope_is_what_an_independent_implementation_accepts(form):
    vector = ENVELOPES[form]
    key = cwt.COSEKey.new(
        {1: 1, 3: -8, -1: 6, -2: bytes.fromhex(vector["reader_public_key"]), 2: bytes.fromhex(vector["kid"])}
    )
    assert cwt.COSE.new().decode(bytes.fromhex(vector["message"]), key) == bytes.fromhex(vector["payload"])


@pytest.mark.parametrize("form", FORMS)
def test_a_golden_envelope_can_be_built_from_its_parts(form):
    vector = {name: value for name, value in ENVELOPES[form].items() if name not in {"batch", "content_type", "digest"}}
    parts = {name: bytes.fromhex(value) for name, value in vector.items()}
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(ENVELOPES["reader_seed"]))
    assert parts["signature"] == key.sign(parts["sig_structure"])
    whole = cbor2.CBORTag(18, [parts["protected"], {}, parts["payload"], parts["signature"]])
    assert cbor2.dumps(whole) == parts["message"]
    assert sha256(parts["message"]).hexdigest() == ENVELOPES[form]["digest"]


@pytest.mark.parametrize("form", FORMS)
def test_a_golden_payload_holds_the_batch_beside_it(form):
    vector = ENVELOPES[form]
    envelope = cose.open_envelope(bytes.fromhex(vector["message"]))
    batch = event.decode_batch(envelope.payload, envelope.content_type)
    named = [
        event.event_fields(read_event(raw, batch.content_type, now=batch.sent_at, clock_bound_s=batch.clock_bound_s))
        for raw in batch.events
    ]
    assert named == vector["batch"]["events"]
    assert (batch.org_id, batch.reader_id, batch.sequence) == ("huadu", "line-1", 7)
    assert batch.firmware == vector["batch"].get("firmware")


def test_golden_event_ids_come_from_sha_256_and_two_masks():
    for vector in json.loads((vectors.FOLDER / "event_ids.json").read_text())["event_ids"]:
        name = "\n".join(["suyuan/v1/event", *(str(vector[k]) for k in ("org", "reader", "sequence", "position"))])
        digits = list(sha256(name.encode()).hexdigest()[:32])
        digits[12] = "8"
        digits[16] = "89ab"[int(digits[16], 16) & 3]
        assert vector["event_id"].replace("-", "") == "".join(digits)


def test_golden_receipts_are_receipts():
    for name, vector in RECEIPTS.items():
        if name != "about":
            assert json.loads(receipt.from_json(json.dumps(vector).encode()).to_json()) == vector


@pytest.mark.parametrize("case", EVENTS["good"], ids=lambda case: case["name"])
@pytest.mark.parametrize("form", [cose.CBOR, cose.JSON])
def test_a_good_event_is_read_field_by_field(case, form):
    read = read_event(_raw(case["event"], form), form, now=EVENTS["now"], clock_bound_s=EVENTS["clock_bound_s"])
    said = {name: value for name, value in case["event"].items() if value != []}  # no contents: nothing is said
    if "radius_m" in said:
        said["radius_m"] = max(said["radius_m"], 100)  # no source in these vectors is believed to be nearer than that
    assert event.event_fields(read) == said


@pytest.mark.parametrize("case", EVENTS["bad"], ids=lambda case: case["name"])
@pytest.mark.parametrize("form", [cose.CBOR, cose.JSON])
def test_a_bad_event_is_refused_with_its_reason_and_field(case, form):
    with pytest.raises(InvalidEvent) as refused:
        read_event(_raw(case["event"], form), form, now=EVENTS["now"], clock_bound_s=EVENTS["clock_bound_s"])
    assert (refused.value.reason, refused.value.field) == (case["reason"], case["field"])


def _raw(fields, form):
    if form == cose.JSON or not isinstance(fields, dict):
        return fields
    numbers = {name: number for number, name in event.EVENT_KEYS.items()}
    return {numbers.get(name, name): value for name, value in fields.items()}


CDDL = (Path(vectors.FOLDER).parent / "cddl" / "batch.cddl").read_text()


def test_the_cddl_numbers_the_fields_as_the_contract_does():
    for rules, keys in ((["batch"], event.BATCH_KEYS), (["event", "position"], event.EVENT_KEYS)):
        bodies = [re.search(rf"^{rule} = [{{(].*?^[}})]", CDDL, re.MULTILINE | re.DOTALL)[0] for rule in rules]
        fields = re.findall(r"^\s+(?:\? )?(\d+) => .*?; (\w+)", "\n".join(bodies), re.MULTILINE)
        assert {int(number): name for number, name in fields} == keys


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("biz-step", event.BIZ_STEPS),
        ("disposition", event.DISPOSITIONS),
        ("action", set(event.Action)),
        ("audience", set(event.Audience)),
        ("source", set(event.LocationSource)),
    ],
)
def test_the_cddl_has_the_same_words_as_the_contract(rule, words):
    body = re.search(rf"^{rule} =(.*?)(?=^\S|\Z)", CDDL, re.MULTILINE | re.DOTALL)[1]
    assert set(re.findall(r'"(\w+)"', body)) == set(words)
