"""Topic filters in MQTT's words and in NATS's."""

import pytest

from scripts.system.embedded.permission import BrokerUser, nats_subjects


@pytest.mark.parametrize(
    ("topic_filter", "subjects"),
    [
        ("suyuan/v1/r1/batch", ("suyuan.v1.r1.batch",)),
        ("suyuan/v1/+/batch", ("suyuan.v1.*.batch",)),
        ("suyuan/v1/#", ("suyuan.v1", "suyuan.v1.>")),
    ],
)
def test_a_filter_becomes_subjects(topic_filter, subjects):
    assert nats_subjects(topic_filter) == subjects


@pytest.mark.parametrize(
    "topic_filter",
    ["", "#", "+/a", "$SYS/#", "a//b", "/a", "a/", "a/#/b", "a/b+", "a/b#", "a/b.c", "a/*", "a/>", "a b"],
)
def test_a_filter_that_a_broker_would_read_otherwise_is_refused(topic_filter):
    with pytest.raises(ValueError, match="topic filter"):
        nats_subjects(topic_filter)
    with pytest.raises(ValueError, match="topic filter"):
        BrokerUser("reader", "long-enough", publish=(topic_filter,))


@pytest.mark.parametrize("name", ["", "a b", "a:b", 'a"b', "ä", "x" * 130])
def test_a_name_that_a_broker_would_read_otherwise_is_refused(name):
    with pytest.raises(ValueError, match="broker user"):
        BrokerUser(name, "long-enough")


@pytest.mark.parametrize("password", ["", "short", "with:colon", "with space", "$2a$looks-hashed", "密码密码密码密码"])
def test_a_password_that_a_broker_would_read_otherwise_is_refused(password):
    with pytest.raises(ValueError, match="use a password of"):
        BrokerUser("reader", password)


def test_a_password_is_not_shown():
    assert "long-enough" not in repr(BrokerUser("reader", "long-enough"))
