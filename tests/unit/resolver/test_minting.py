"""Minting: codes of a range prove themselves, are the same whenever they are made, and by however many processes."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from resolver.issue.parallel_minting import ExportTask, map_ordered, portions
from resolver.label import export
from resolver.label.export import COLUMNS, Text
from resolver.label.style import LabelStyle
from resolver.mint.mint import Layer, Mint, Recipe, spelled_signatures
from schemas import base32, code, opening
from schemas.code import Proof, check, check_signature
from schemas.digital_link import parse
from schemas.keys import SealKey, SigningKey, build_keyring, inner_key, seal_key

ROOT = b"\x11" * 32
GTIN = "09521234000013"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
TIMES = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
KEYRING = build_keyring(
    ROOT,
    [("9521234", "huadu")],
    [SealKey("huadu", 3), SealKey("huadu", 2)],
    [SigningKey("7K", "huadu", KEY.public_key(), *TIMES)],
)


def recipe(layer=Layer.OUTER, *, signed=False, key_number=3):
    derive = seal_key if layer is Layer.OUTER else inner_key
    kid, key = ("7K", b"\x07" * 32) if signed else (None, None)
    sealing = derive(ROOT, "huadu", key_number)
    return Recipe(layer, GTIN, 9, key_number, "https://id.example.com", sealing, kid, key)


@pytest.mark.parametrize(("signed", "proof"), [(False, Proof.SEALED), (True, Proof.SIGNED)])
def test_codes_of_a_range_prove_themselves_and_say_which_unit_they_are(signed, proof):
    for minted in Mint(recipe(signed=signed)).codes(range(1000, 1020)):
        checked = check(parse(minted.uri), KEYRING)
        assert (checked.proof, checked.item_id) == (proof, minted.item_id)
        assert (checked.unit.batch_number, checked.unit.index) == (9, minted.unit_index)
        assert minted.uri == minted.uri.upper()


def test_a_signature_is_the_same_in_the_uri_and_in_the_element_string():
    (minted,) = Mint(recipe(signed=True)).codes(range(5, 6))
    assert minted.uri == code.signed_uri("https://id.example.com", GTIN, minted.serial, "7K", KEY)
    value = minted.element_string.partition("(8030)")[2]
    assert len(value) <= 90, "AI 8030 has at most 90 characters"
    queried = parse(f"/01/{GTIN}/21/{minted.serial}?8030={value}")
    assert check_signature(queried, KEYRING).proof is Proof.SIGNED


@given(st.lists(st.binary(min_size=64, max_size=64), max_size=5))
def test_many_signatures_are_spelled_as_one_is(signatures):
    assert spelled_signatures(signatures) == [base32.encode_bytes(each) for each in signatures]


@given(st.integers(0, 2**30 - 20), st.integers(1, 20), st.integers(1, 7))
def test_a_range_is_the_same_codes_in_one_piece_and_in_portions(first, count, size):
    mint, whole = Mint(recipe()), range(first, first + count)
    assert [each for portion in mint.portions(whole, size) for each in portion] == mint.codes(whole)


def test_the_covert_code_is_another_serial_of_the_same_unit_and_neither_passes_for_the_other():
    outer, inner = (Mint(recipe(layer)).codes(range(4, 5))[0] for layer in Layer)
    assert outer.serial != inner.serial
    opened = opening.check_inner(parse(inner.uri), KEYRING)
    assert (opened.proof, opened.item_id) == (Proof.SEALED, outer.item_id)
    assert opened.unit == check(parse(outer.uri), KEYRING).unit
    assert check(parse(inner.uri), KEYRING) == opened, "read by any scanner it counts as a look at the unit"
    as_outer = parse(f"/01/{GTIN}/21/{inner.serial}")
    assert check(as_outer, KEYRING).proof is Proof.FORGED
    as_inner = parse(f"/OPEN/01/{GTIN}/21/{outer.serial}")
    assert opening.check_inner(as_inner, KEYRING).proof is Proof.FORGED


def test_a_covert_code_of_a_revoked_key_number_is_revoked_and_of_a_stranger_foreign():
    keyring = build_keyring(ROOT, [("9521234", "huadu")], [SealKey("huadu", 3, revoked=True)], [])
    inner = Mint(recipe(Layer.INNER)).codes(range(1))[0]
    assert opening.check_inner(parse(inner.uri), keyring).proof is Proof.REVOKED_KEY
    assert opening.check_inner(parse("/OPEN/01/09527777000015/21/" + inner.serial), keyring).proof is Proof.FOREIGN


@pytest.mark.parametrize("layer", list(Layer))
def test_every_process_makes_the_same_bytes_in_the_same_order(layer):
    task = ExportTask(recipe(layer), LabelStyle(GTIN, "L1", layer), Text.NDJSON)
    alone = list(map_ordered(task, portions(range(50), 7), workers=1))
    assert list(map_ordered(task, portions(range(50), 7), workers=2)) == alone
    rows = [json.loads(line) for _, data in alone for line in data.splitlines()]
    assert [row["index"] for row in rows] == list(range(50))


def test_csv_has_a_head_and_one_line_a_code():
    style, mint = LabelStyle(GTIN, "L1"), Mint(recipe())
    codes = mint.codes(range(3))
    text = (export.begin(Text.CSV) + export.records(Text.CSV, style, codes)).decode()
    assert text.count("\r\n") == 4
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert [row["uri"] for row in rows] == [each.uri for each in codes]


def test_the_memory_of_an_export_does_not_grow_with_its_length():
    mint, style = Mint(recipe()), LabelStyle(GTIN, "L1")

    def most(count):
        tracemalloc.start()
        for portion in mint.portions(range(count)):
            export.records(Text.NDJSON, style, portion)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    most(1_000)
    assert most(20_000) < 1.5 * most(2_000)


def test_a_recipe_shows_no_key():
    assert "\\x" not in repr(recipe(signed=True))
