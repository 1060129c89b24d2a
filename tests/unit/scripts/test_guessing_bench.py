"""The statistics of the guessing bench, held to values that a pen gives."""

from math import isclose
from random import Random

import pytest

from schemas.keys import seal_key
from schemas.serial import Sealer
from scripts.commands.bench.guessing import chance_of, distance, guesses
from scripts.system.fixtures import GTIN


def test_the_distance_is_the_largest_gap_of_the_two_step_functions():
    assert distance([1, 2, 3, 4], [1, 2, 3, 4]) == 0
    assert distance([1, 2], [3, 4]) == 1
    assert distance([1, 3, 5, 7], [2, 3, 5, 7]) == 0.25
    assert distance([1, 1, 1, 2], [1, 2, 2, 2]) == 0.5


@pytest.mark.parametrize(("scaled", "chance"), [(1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01), (1.9495, 0.001)])
def test_the_chance_is_that_of_the_tables_for_large_samples(scaled, chance):
    """Critical values of the Kolmogorov distribution, as in any table of it."""
    size = 2_000_000
    assert isclose(chance_of(scaled / (size / 2) ** 0.5, size, size), chance, rel_tol=0.01)


def test_samples_of_one_source_are_taken_for_one_and_shifted_ones_are_not():
    random = Random(3)
    one, other = ([random.gauss(1, 0.1) for _ in range(2000)] for _ in range(2))
    assert chance_of(distance(one, other), 2000, 2000) > 0.01
    shifted = [each + 0.02 for each in other]
    assert chance_of(distance(one, shifted), 2000, 2000) < 0.001


def test_no_guess_is_a_true_code_of_its_product():
    sealer = Sealer(seal_key(bytes(32), "bench", 0), 0)
    for paths in guesses(sealer, 50, Random(5)).values():
        for path in paths:
            gtin, _, serial = path.removeprefix("/01/").partition("/21/")
            assert sealer.unseal(gtin, serial) is None
    assert all(path.startswith(f"/01/{GTIN}/21/") for path in guesses(sealer, 5, Random(5))["one character changed"])
