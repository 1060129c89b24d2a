import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import receipt
from schemas.errors import InvalidMessage
from schemas.receipt import Receipt, Rejection

RECEIPT = Receipt("ab" * 32, 7, 2, 1, 1, 1_700_000_000_000_000, (Rejection(3, "vocabulary", "不是步骤"),))

counts = st.integers(0, 1000)
rejections = st.builds(Rejection, st.none() | counts, st.text(max_size=20), st.text(max_size=50))
receipts = st.builds(
    Receipt,
    st.text(alphabet="0123456789abcdef", min_size=64, max_size=64),
    st.none() | st.integers(0, (1 << 63) - 1),
    counts,
    counts,
    counts,
    st.integers(0, 1 << 62),
    st.lists(rejections, max_size=4).map(tuple),
)


@given(receipts)
def test_every_receipt_survives_the_wire(given_receipt):
    assert receipt.from_json(given_receipt.to_json()) == given_receipt


def test_a_receipt_is_plain_json_with_these_names():
    assert json.loads(RECEIPT.to_json()) == {
        "digest": "ab" * 32,
        "sequence": 7,
        "stored": 2,
        "duplicate": 1,
        "rejected": 1,
        "recorded_at": 1_700_000_000_000_000,
        "rejections": [{"position": 3, "reason": "vocabulary", "detail": "不是步骤"}],
    }


def test_fields_of_a_later_version_are_passed_over():
    fields = json.loads(RECEIPT.to_json()) | {"colour": "red"}
    fields["rejections"][0]["hint"] = "later"
    assert receipt.from_json(json.dumps(fields).encode()) == RECEIPT


@pytest.mark.parametrize("name", ["digest", "sequence", "stored", "duplicate", "rejected", "recorded_at", "rejections"])
def test_a_receipt_without_a_field_is_none(name):
    fields = json.loads(RECEIPT.to_json())
    del fields[name]
    with pytest.raises(InvalidMessage) as refused:
        receipt.from_json(json.dumps(fields).encode())
    assert refused.value.reason == "unreadable"


@pytest.mark.parametrize(
    "change",
    [
        {"digest": 1},
        {"stored": "2"},
        {"stored": None},
        {"duplicate": 1.0},
        {"rejected": True},
        {"rejected": -1},
        {"recorded_at": "now"},
        {"rejections": None},
        {"rejections": [1]},
        {"rejections": [{"position": 1}]},
    ],
)
def test_a_field_of_another_type_is_refused(change):
    with pytest.raises(InvalidMessage):
        receipt.from_json(json.dumps(json.loads(RECEIPT.to_json()) | change).encode())


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[]", b"1", b'"x"', b"null", b"\xff", b"[" * 100_000, b'{"digest":' * 10_000]
)
def test_what_is_no_receipt_is_unreadable(payload):
    with pytest.raises(InvalidMessage) as refused:
        receipt.from_json(payload)
    assert refused.value.reason == "unreadable"


@given(st.binary(max_size=100))
def test_garbage_is_only_ever_an_invalid_message(payload):
    with pytest.raises(InvalidMessage):
        receipt.from_json(payload)
