"""Readers with wrong clocks and phones that try codes are named."""

import pytest

from gateway.assess.goods import EvidenceGoods, accuse_devices
from gateway.evidence.accused_devices import AccusedDevices
from gateway.evidence.evidence_item import EvidenceItem
from gateway.evidence.item import ItemEvidence, Scan
from gateway.evidence.suspicion import SuspectedReader, SuspectedSource
from tests.support.custody import T0, WUHAN, evidence_item, learned_supply


@pytest.fixture(scope="module")
def supply():
    return learned_supply()


def test_a_clock_that_is_an_hour_ahead_accuses_the_reader_and_is_put_right(supply):
    wrong = [evidence_item(n, "plant", "dealer-1", "shop-1a", late_s=-3600) for n in range(4)]
    devices = AccusedDevices()
    accuse_devices(devices, wrong, [])
    assert {SuspectedReader("plant/reader"), SuspectedReader("dealer-1/reader")} <= set(devices.suspicions)
    goods = EvidenceGoods(wrong, supply, devices.faults)
    assert goods.faulty(0) == 1
    assert goods.marks(0)[0].at == wrong[0].evidence.marks[0].at - 3600 * 1_000_000
    assert goods.marks(0)[0].bound_s > wrong[0].evidence.marks[0].bound_s


def test_a_phone_that_tries_codes_that_were_never_made_is_named():
    strange = [
        EvidenceItem(
            f"01/09521234000013/21/X{n}",
            False,
            ItemEvidence().seen([Scan(T0 + n * 20_000_000, "guesser", *WUHAN, 0.1)]),
            (),
            {},
            "",
            "",
            0,
            None,
            False,
        )
        for n in range(24)
    ]
    devices = AccusedDevices()
    accuse_devices(devices, [], strange)
    assert set(devices.suspicions) == {SuspectedSource("guesser")}
