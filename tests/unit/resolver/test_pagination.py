"""Page tokens and links to the next page."""

import pytest

from resolver.web.pagination import decode_cursor, encode_cursor, next_link, time_of
from resolver.web.problems import Refused


def test_a_cursor_comes_back_as_it_went_and_a_made_up_one_names_itself():
    assert decode_cursor(encode_cursor(["a", "乙"]), 2) == ["a", "乙"]
    assert next_link("/x", [("item", "a/b"), ("cursor", "old")], "new") == "/x?item=a%2Fb&cursor=new"
    for made_up in ("", "!!", encode_cursor(["one"]), encode_cursor([1, 2]), "x" * 7):
        with pytest.raises(Refused) as caught:
            decode_cursor(made_up, 2)
        assert caught.value.problem.to_document()["field"] == "cursor"
    for no_time in ("yesterday", "2026-01-01T00:00:00"):
        with pytest.raises(Refused):
            time_of(no_time)
