"""Our statistics, which need no library at run time, against SciPy's."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from gateway.evidence.clone_share import _binomial_cdf, _binomial_quantile, detectable_share, wilson
from gateway.evidence.lanes import benjamini_hochberg, negative_binomial_tail
from gateway.evidence.transit import t_below, t_quantile
from gateway.rules.territory import poisson_tail

means = st.floats(0.01, 300)
rates = st.floats(1e-4, 0.9999)


@given(st.integers(1, 400), means)
def test_the_poisson_tail_is_scipys(minimum, mean):
    assert poisson_tail(minimum, mean) == pytest.approx(stats.poisson.sf(minimum - 1, mean), rel=1e-9, abs=1e-300)


@given(st.integers(1, 400), means, st.floats(0.3, 200))
def test_the_negative_binomial_tail_is_scipys(minimum, mean, dispersion):
    expected = stats.nbinom.sf(minimum - 1, dispersion, dispersion / (dispersion + mean))
    assert negative_binomial_tail(minimum, mean, dispersion) == pytest.approx(expected, rel=1e-6, abs=1e-250)


@given(st.integers(1, 2000).flatmap(lambda tries: st.tuples(st.integers(0, tries), st.just(tries))), rates)
def test_the_binomial_distribution_is_scipys(counted, rate):
    hits, tries = counted
    assert _binomial_cdf(hits, tries, rate) == pytest.approx(stats.binom.cdf(hits, tries, rate), rel=1e-7, abs=1e-12)


@given(st.integers(1, 200), rates, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_binomial_quantile_is_scipys(tries, rate, level):
    ours, theirs = _binomial_quantile(tries, rate, level), int(stats.binom.ppf(level, tries, rate))
    # Where the distribution function meets the level to the last bit, either neighbour is the quantile.
    assert ours == theirs or abs(stats.binom.cdf(min(ours, theirs), tries, rate) - level) < 1e-9


@given(st.integers(1, 5000).flatmap(lambda tries: st.tuples(st.integers(0, tries), st.just(tries))))
def test_wilsons_interval_is_scipys(counted):
    hits, tries = counted
    interval = stats.binomtest(hits, tries).proportion_ci(2 * stats.norm.cdf(1.96) - 1, method="wilson")
    assert wilson(hits, tries) == pytest.approx((interval.low, interval.high), abs=1e-9)


@given(st.integers(50, 2000), st.floats(0.5, 0.99), st.floats(0.95, 0.9999))
def test_the_detectable_share_is_where_scipys_power_is_reached(scanned, sensitivity, specificity):
    share = detectable_share(scanned, sensitivity, specificity)
    assume(share < 1)
    limit = _binomial_quantile(scanned, 1 - specificity, 0.95)

    def power(share):
        return stats.binom.sf(limit, scanned, share * sensitivity + (1 - share) * (1 - specificity))

    assert power(share) >= 0.95 - 1e-9
    assert power(share - 1e-6) < 0.95 + 1e-5


@given(st.floats(-40, 40), st.floats(1, 60))
def test_students_distribution_is_scipys(value, degrees):
    assert t_below(value, degrees) == pytest.approx(stats.t.cdf(value, degrees), abs=1e-9)


@pytest.mark.parametrize("degrees", [1.0, 1.2, 1.7, 3.2])
@pytest.mark.parametrize("value", [-40.0, -0.01, 0.0, 30.0, 1e6])
def test_students_distribution_is_exact_at_its_ends(value, degrees):
    """Where few degrees of freedom make the tails heavy, as those of lanes are."""
    assert t_below(value, degrees) == pytest.approx(stats.t.cdf(value, degrees), abs=1e-12)


@given(st.floats(0.001, 0.999), st.sampled_from([3.0, 4.0, 5.0, 10.0]))
def test_students_quantile_is_scipys(level, degrees):
    assert t_quantile(level, degrees) == pytest.approx(stats.t.ppf(level, degrees), rel=1e-5, abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.001, 0.3))
def test_benjamini_and_hochberg_pass_what_scipys_adjusted_values_pass(values, rate):
    adjusted = stats.false_discovery_control(values, method="bh")
    assume(all(not math.isclose(value, rate, rel_tol=1e-9) for value in adjusted))
    assert list(benjamini_hochberg(values, rate, len(values))) == [value <= rate for value in adjusted]
