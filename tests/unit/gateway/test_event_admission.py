"""What a reader may not say at all: another's site, and a person that it is not enrolled for."""

from uuid import UUID

import pytest

from gateway.authority.admission import Admission, named_sites
from gateway.message.decoding import CheckedEvent, ReaderProfile, VerifiedBatch
from schemas.code import Checked, Proof
from schemas.event import Audience, Event
from schemas.geodesy import Position
from schemas.receipt import Rejection
from schemas.topics import Address

ITEM = "00/395212340000000011"
ADMISSION = Admission({"depot-a": "dealer-a", "depot-b": "dealer-b", "plant": "maker"}, {("plant", "packer")})


def batch(*events: Event, org: str = "dealer-a", rejections: tuple[Rejection, ...] = ()) -> VerifiedBatch:
    taken = [position for position in range(len(events) + len(rejections))
             if position not in {each.position for each in rejections}]  # fmt: skip
    checked = tuple(
        CheckedEvent(UUID(int=at), at, event, Checked(Proof.FOREIGN, ITEM, None), ())
        for at, event in zip(taken, events, strict=True)
    )
    return VerifiedBatch("t", b"", "", b"k", Address(org, "r"), 1, 0, None, 2, checked, rejections)


def seen(**more) -> Event:
    return Event(**({"item": ITEM, "occurred_at": 1, "biz_step": "inspecting"} | more))


def reasons(admitted: VerifiedBatch) -> list[tuple[int | None, str]]:
    return [(each.position, each.reason) for each in admitted.rejections]


def test_a_site_of_another_organisation_is_refused_unless_it_is_granted() -> None:
    foreign = seen(read_point="depot-b"), seen(read_point="depot-a"), seen(read_point="unheard-of")
    admitted = ADMISSION.admit(batch(*foreign), ReaderProfile())
    assert reasons(admitted) == [(0, "foreign_site")]
    assert [each.event for each in admitted.events] == [*foreign[1:]]
    assert reasons(ADMISSION.admit(batch(seen(read_point="plant"), org="packer"), ReaderProfile())) == []
    assert reasons(ADMISSION.admit(batch(seen(read_point="plant"), org="dealer-a"), ReaderProfile())) != []


@pytest.mark.parametrize("reader_class", ["edge", "till", "inspector", "kiosk"])
def test_only_a_kiosk_speaks_for_consumers_and_only_an_inspectors_reader_for_inspectors(reader_class: str) -> None:
    events = (
        seen(),
        *(seen(audience=audience) for audience in (Audience.DEALER, Audience.INSPECTOR, Audience.CONSUMER)),
    )
    refused = {position for position, _ in reasons(ADMISSION.admit(batch(*events), ReaderProfile(None, reader_class)))}
    assert refused == {2, 3} - {{"inspector": 2, "kiosk": 3}.get(reader_class)}


def test_a_consumer_only_looks() -> None:
    said = seen(audience=Audience.CONSUMER, biz_step="retail_selling"), seen(audience=Audience.CONSUMER)
    assert reasons(ADMISSION.admit(batch(*said), ReaderProfile(None, "kiosk"))) == [(0, "audience_not_allowed")]


def test_a_reader_that_names_no_place_is_where_it_was_enrolled() -> None:
    moving = seen(position=Position(31.0, 121.0, 100.0))
    admitted = ADMISSION.admit(batch(seen(), moving), ReaderProfile("depot-a"))
    assert [each.event.read_point for each in admitted.events] == ["depot-a", None]


def test_what_was_refused_before_stays_refused_in_order() -> None:
    earlier = Rejection(1, "type", "x")
    admitted = ADMISSION.admit(batch(seen(read_point="depot-b"), seen(), rejections=(earlier,)), ReaderProfile())
    assert reasons(admitted) == [(0, "foreign_site"), (1, "type")]
    assert admitted.size == 3


def test_a_batch_that_says_nothing_amiss_is_left_as_it_is() -> None:
    said = batch(seen(read_point="depot-a"))
    assert ADMISSION.admit(said, ReaderProfile()) is said
    assert named_sites([said]) == {"depot-a"}
