"""GS1 General Specifications: check digits and character sets."""

import re

CSET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
"""GS1 AI encodable character set 82 (General Specifications, figure 7.11-1)."""

_SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_SET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def check_digit(digits: str) -> int:
    """The modulo-10 check digit that belongs behind ``digits`` (General Specifications, section 7.9)."""
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(digits)))
    return -total % 10


def has_check_digit(number: str) -> bool:
    """True when the last digit of ``number`` is its check digit."""
    return number.isascii() and number.isdigit() and check_digit(number[:-1]) == int(number[-1])


def check_pair(text: str) -> str:
    """The two check characters that belong behind ``text``, 1 to 23 of set 82 (General Specifications, section 7.9.5).

    Values in the set, from the right, weighted with the primes in their order; modulo 1,021; five bits a character.
    """
    total = sum(_SET_82.index(character) * prime for character, prime in zip(reversed(text), _PRIMES, strict=False))
    return _SET_32[total % 1021 >> 5] + _SET_32[total % 1021 & 31]
