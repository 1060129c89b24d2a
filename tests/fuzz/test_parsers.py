"""Any text at all is read, or refused by an error of ours that points into it. The examples grow from what codes have.

`python -m tests.fuzz.coverage` runs the same check under coverage guidance where atheris is installed.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.target import READERS, TOKENS, check

tokens = st.sampled_from(TOKENS)
texts = st.lists(tokens | st.text(max_size=4), max_size=14).map("".join) | st.text(max_size=60)


@pytest.mark.parametrize("name", READERS)
@given(text=texts)
@settings(max_examples=200)
def test_any_text_is_read_or_refused_with_a_span_inside_it(name, text):
    check(name, text)


@pytest.mark.parametrize("name", READERS)
@given(text=st.sampled_from([token for token in TOKENS if len(token) > 20]), data=st.data())
@settings(max_examples=100)
def test_a_good_code_with_some_damage_is_read_or_refused(name, text, data):
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + data.draw(tokens | st.characters()) + text[place + data.draw(st.integers(0, 2)) :]
    check(name, text)
