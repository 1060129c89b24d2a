"""What a product costs, and which price is far below that."""

from math import log

import pytest

from schemas.price import MIN_PRICES, PriceChannel


@pytest.mark.parametrize(
    ("prices", "deviation", "price", "far"),
    [
        (MIN_PRICES, 0.016, 4990, True),
        (MIN_PRICES - 1, 0.016, 4990, False),
        (50, 0.016, 12000, False),  # three deviations, but only a discount
        (50, 0.32, 4990, False),  # prices that scatter so say nothing
        (50, 0, 9500, True),
        (50, 0, 10000, False),  # a fifth below is a discount
        (50, 0, 0, False),  # not a price
        (50, 0, 128, False),  # yuan typed as fen
    ],
)
def test_a_price_is_far_below_only_when_the_channel_is_sure(prices, deviation, price, far):
    assert PriceChannel.of(prices, 12800, deviation).far_below(price) is far


def test_the_spread_of_few_prices_is_mostly_assumed_and_that_of_many_is_their_own():
    few, many = (PriceChannel.of(prices, 12800, log(1.5)).scale for prices in (5, 5000))
    assert 0.12 < few < many == pytest.approx(1.4826 * log(1.5), rel=0.01)
