import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import topics
from schemas.errors import InvalidMessage
from schemas.topics import Address

names = st.from_regex(r"\A[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z")


@given(names, names, st.sampled_from(topics.CHANNELS))
def test_an_address_is_read_from_each_of_its_topics(org, reader, channel):
    assert topics.parse(Address(org, reader).topic(channel), channel) == Address(org, reader)


def test_the_topics_are_the_ones_that_readers_were_told():
    address = Address("huadu", "line-1")
    assert [address.topic(channel) for channel in topics.CHANNELS] == [
        "suyuan/v1/huadu/line-1/events",
        "suyuan/v1/huadu/line-1/receipt",
        "suyuan/v1/huadu/line-1/status",
        "suyuan/v1/huadu/line-1/settings",
    ]
    assert topics.ALL_STATUS == "suyuan/v1/+/+/status"
    assert topics.ALL_EVENTS == "suyuan/v1/+/+/events"
    assert topics.SHARED_EVENTS == "$share/gateway/suyuan/v1/+/+/events"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "suyuan",
        "suyuan/v1/huadu/line-1",
        "suyuan/v1/huadu/line-1/events/",
        "suyuan/v1/huadu/line-1/events/more",
        "/suyuan/v1/huadu/line-1/events",
        "suyuan/v2/huadu/line-1/events",
        "suyuan/v1/huadu/line-1/receipt",
        "suyuan/v1/huadu/line-1/EVENTS",
        "suyuan/v1//line-1/events",
        "suyuan/v1/huadu//events",
    ],
)
def test_another_topic_is_refused(topic):
    with pytest.raises(InvalidMessage) as refused:
        topics.parse(topic)
    assert refused.value.reason == "topic"


@pytest.mark.parametrize(
    "name", ["Huadu", "hua.du", "hua du", "hua*", "hua>", "hua+", "#", "-hua", "hua-", "a" * 65, "华都", "hua\n", "h\0"]
)
def test_a_name_that_some_broker_can_not_carry_is_refused(name):
    for topic in (f"suyuan/v1/{name}/line-1/events", f"suyuan/v1/huadu/{name}/events"):
        with pytest.raises(InvalidMessage) as refused:
            topics.parse(topic)
        assert refused.value.reason == "topic"
        assert refused.value.detail.isprintable()
