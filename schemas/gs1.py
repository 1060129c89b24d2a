"""GS1 General Specifications: check digits and character sets."""

import re

CSET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
"""GS1 AI encodable character set 82 (General Specifications, figure 7.11-1)."""


def check_digit(digits: str) -> int:
    """The modulo-10 check digit that belongs behind ``digits`` (General Specifications, section 7.9)."""
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(digits)))
    return -total % 10


def has_check_digit(number: str) -> bool:
    """True when the last digit of ``number`` is its check digit."""
    return number.isascii() and number.isdigit() and check_digit(number[:-1]) == int(number[-1])
