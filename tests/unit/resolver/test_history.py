"""The columns of a unit's history have one order, in SQL and in the resolver."""

import re

from resolver.trace.store import UNIT_HISTORY
from resolver.verdict.history import EventColumns


def test_the_columns_of_an_event_stand_in_the_order_of_the_query():
    (selected,) = re.findall(r"json_build_array\((.*?)\) AS part", UNIT_HISTORY, re.DOTALL)
    selected = re.sub(r"CASE WHEN carrier.*? END", "e.via", selected)
    assert tuple(re.findall(r"e\.(\w+)", selected)) == EventColumns._fields
