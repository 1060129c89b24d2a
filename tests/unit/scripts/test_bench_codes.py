"""The bench and the degradation table measure what they say they do; how fast is not for tests to say."""

import numpy as np

from resolver.label.symbol import Carrier
from scripts.commands import degrade
from scripts.commands.bench import codes


def test_symbols_have_the_versions_that_the_design_promises():
    assert codes._versions() == {"sealed_M": [4], "sealed_L": [3], "signed_M": [7], "signed_L": [6]}


def test_every_figure_of_labels_stands_beside_its_floor():
    figures = codes._labels(0.01)
    assert {name for name in figures if name.startswith("labels_")} <= set(codes.FLOORS)
    assert all(codes.FLOORS[name] in figures for name in figures if name in codes.FLOORS)
    assert all(value > 0 for value in figures.values())


def test_two_works_take_turns_of_equal_size():
    class Named:
        def __init__(self, name):
            self.name = name

        def make(self, indexes):
            return self.name * len(indexes)

    turns = codes.Turns(Named(b"a"), Named(b"b"), 4)
    assert [turns.make(range(at, at + 2)) for at in range(0, 12, 2)] == [b"aa", b"aa", b"bb", b"bb", b"aa", b"aa"]


def test_a_symbol_that_is_hardly_degraded_is_read_and_one_that_is_a_smear_is_not():
    sorts = {sort.name: sort for sort in degrade.SORTS}
    assert len(sorts) == 4
    for sort in sorts.values():
        (label,) = sort.labels(1)
        for decode in degrade.decoders(sort.carrier).values():
            for pixels, blur, readable in ((5.0, 0.0, True), (1.0, 3.0, False)):
                seen = degrade.degraded(label.symbol(), pixels, blur, 0, np.random.default_rng(1))
                assert degrade.agrees(decode(seen), label.content) is readable, (sort.name, decode)


def test_a_decoder_that_reads_another_unit_does_not_count():
    (label,) = degrade.SORTS[0].labels(1)
    assert degrade.SORTS[0].carrier is Carrier.QR
    assert degrade.agrees(label.content, label.content)
    assert not degrade.agrees(label.content[:-1] + "0", label.content)
    assert not degrade.agrees("", label.content)
