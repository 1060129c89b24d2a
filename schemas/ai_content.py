"""What a value says, AI by AI: check digits, dates, countries and the like (General Specifications, section 3).

Each check takes a piece of a value whose form is right and returns what is wrong with it, with places in that piece.
Not looked into: coupons (8110, 8112) and package types (7041), whose lists are long and not ours to keep.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from functools import cache

from schemas import code_list, gs1
from schemas.element import Fault

Check = Callable[[str], Fault | None]

_LATIN = re.compile(r"[0-9A-Z]+")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _check_digit(text: str) -> Fault | None:
    right = gs1.check_digit(text[:-1])
    if int(text[-1]) == right:
        return None
    return Fault("check_digit", f"{text} ends in {text[-1]}, its check digit is {right}", len(text) - 1, len(text))


def _check_pair(text: str) -> Fault | None:
    right = gs1.check_pair(text[:-2])
    if text[-2:] == right:
        return None
    return Fault("check_digit", f"{text} should end in the check characters {right}", max(len(text) - 2, 0), len(text))


def _prefix(text: str) -> Fault | None:
    if len(text) >= 4 and text[:4].isdigit():
        return None
    return Fault("company_prefix", f"{text} does not begin with a GS1 company prefix", 0, min(len(text), 4))


def _value(accept: Callable[[str], bool], reason: str, what: str) -> Check:
    def check(text: str) -> Fault | None:
        return None if accept(text) else Fault(reason, f"{text} is not {what}", 0, len(text))

    return check


def _date(*, year_digits: int, day_may_be_0: bool) -> Check:
    def check(text: str) -> Fault | None:
        year, month, day = int(text[:year_digits]), int(text[year_digits:-2][:2]), int(text[-2:])
        if not 1 <= month <= 12:
            return Fault("date", f"{text}: there is no month {month}", year_digits, year_digits + 2)
        # Two digits are a year from 1951 to 2050 (section 7.12): 2000 is its only century, and a leap year.
        last = monthrange(2000 + year if year_digits == 2 else max(year, 1), month)[1]
        if not (day_may_be_0 and day == 0) and not 1 <= day <= last:
            return Fault("date", f"{text}: there is no day {day} in that month", year_digits + 2, year_digits + 4)
        return None

    return check


def _clock(text: str) -> Fault | None:
    """Hours, and as many of minutes and seconds as are there."""
    for place, limit in zip(range(0, len(text), 2), (24, 60, 60), strict=False):
        if int(text[place : place + 2]) >= limit:
            return Fault("date", f"{text} is not a time of day", place, place + 2)
    return None


def _window_time(text: str) -> Fault | None:
    # In a delivery window 9999 says that a day is meant, at no particular time.
    return None if text == "9999" else _clock(text)


def _percent_encoded(text: str) -> Fault | None:
    stray = _PERCENT.search(text)
    if stray is None:
        return None
    end = min(stray.start() + 3, len(text))
    return Fault("percent_encoding", "a % must be followed by two hexadecimal digits", stray.start(), end)


def _piece_of_total(text: str) -> bool:
    return 1 <= int(text[:2]) <= int(text[2:])


def _position_of_total(text: str) -> bool:
    return text[1] == "/" and 1 <= int(text[0]) <= int(text[2])


def _iban(text: str) -> bool:
    if len(text) <= 10 or _LATIN.fullmatch(text) is None or text[:2] not in code_list.COUNTRIES:
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


_day = _date(year_digits=2, day_may_be_0=False)
_day_or_month = _date(year_digits=2, day_may_be_0=True)
_birthday = _date(year_digits=4, day_may_be_0=False)
_country = _value(code_list.COUNTRY_NUMBERS.__contains__, "country", "a country's number (ISO 3166-1)")
_country_or_999 = _value(
    (code_list.COUNTRY_NUMBERS | {"999"}).__contains__, "country", "a country's number (ISO 3166-1) or 999"
)
_country_letters = _value(code_list.COUNTRIES.__contains__, "country", "a country's two letters (ISO 3166-1)")
_currency = _value(code_list.CURRENCY_NUMBERS.__contains__, "currency", "a currency's number (ISO 4217)")
_zero = _value(lambda text: text == "0", "value", "the zero that fills up a GRAI")
_not_zero = _value(lambda text: int(text) != 0, "value", "a number above zero")
_no_leading_zero = _value(lambda text: text[0] != "0", "value", "a number without zeros before it")
_hyphen = _value(lambda text: text == "-", "value", "a minus sign")
_yes_or_no = _value(lambda text: text in "01", "value", "0 (no) or 1 (yes)")
_winding = _value(lambda text: text in "019", "value", "a direction of winding: 0, 1 or 9")
_sex = _value(lambda text: text in "0129", "value", "a code of ISO/IEC 5218: 0, 1, 2 or 9")
_media = _value(lambda text: 1 <= int(text) <= 10 or int(text) >= 80, "value", "a media type: 01 to 10 or 80 to 99")
_latitude = _value(lambda text: int(text) <= 1_800_000_000, "value", "a latitude: at most 1800000000")
_longitude = _value(lambda text: int(text) <= 3_600_000_000, "value", "a longitude: at most 3600000000")
_pieces = _value(_piece_of_total, "value", "a piece's number and how many there are")
_births = _value(_position_of_total, "value", "a place in a sequence, such as 1/2")
_account = _value(_iban, "check_digit", "an IBAN with its check digits")
_importer = _value(lambda text: re.fullmatch(r"[-0-9A-Z_a-z]", text) is not None, "value", "an importer index")
_not_a_number = _value(lambda text: not text.isdigit(), "value", "text with at least one character that is no digit")

_CHECKS: tuple[tuple[Check, int, int | None, str], ...] = (
    # which check, from, to, of which AIs (n is any digit)
    (_check_digit, 0, 14, "01 02 03 8006 8026"),
    (_check_digit, 0, 18, "00 8017 8018"),
    (_check_digit, 0, 13, "253 255 410 411 412 413 414 415 416 417"),
    (_check_digit, 0, 17, "402"),
    (_zero, 0, 1, "8003"),
    (_check_digit, 1, 14, "8003"),
    (_prefix, 0, None, "401 7023 8004 8010 8013 8014"),
    (_check_pair, 0, None, "8013 8014"),
    (_not_a_number, 0, None, "8014"),
    (_day_or_month, 0, 6, "11 12 13 15 16 17 4324 4325"),
    (_day, 0, 6, "4326 7003 7006 7007 7011 8008"),
    (_day, 6, 12, "7007"),
    (_birthday, 0, 8, "7250 7251"),
    (_window_time, 6, 10, "4324 4325"),
    (_clock, 6, 10, "7003 7011"),
    (_clock, 6, 12, "8008"),
    (_clock, 8, 12, "7251"),
    (_country, 0, 3, "421 422 423 424 425 426"),
    *((_country, place, place + 3, "423 425") for place in (3, 6, 9, 12)),
    (_country_or_999, 0, 3, "703n"),
    (_country_letters, 0, 2, "4307 4317"),
    (_currency, 0, 3, "391n 393n"),
    (_percent_encoded, 0, None, "4300 4301 4302 4303 4304 4305 4306 4310 4311 4312 4313 4314 4315 4316 4320"),
    (_percent_encoded, 0, None, "7253 7254 7256 7257 7259"),
    (_yes_or_no, 0, 1, "4321 4322 4323"),
    (_latitude, 0, 10, "4309"),
    (_longitude, 10, 20, "4309"),
    (_hyphen, 6, 7, "4330 4331 4332 4333"),
    (_not_zero, 0, 4, "8001"),
    (_not_zero, 4, 9, "8001"),
    (_not_zero, 9, 12, "8001"),
    (_winding, 12, 13, "8001"),
    (_pieces, 14, 18, "8006 8026"),
    (_account, 0, None, "8007"),
    (_no_leading_zero, 0, None, "8011"),
    (_importer, 3, 4, "7040"),
    (_media, 0, 2, "7241"),
    (_sex, 0, 1, "7252"),
    (_births, 0, 3, "7258"),
)


def stands_for(pattern: str, ai: str) -> bool:
    """True when ``pattern``, in which ``n`` is any digit, stands for ``ai``."""
    return len(pattern) == len(ai) and all(p in ("n", digit) for p, digit in zip(pattern, ai, strict=True))


@cache
def _checks_of(ai: str) -> tuple[tuple[Check, int, int | None], ...]:
    return tuple(
        (check, start, end)
        for check, start, end, patterns in _CHECKS
        if any(stands_for(pattern, ai) for pattern in patterns.split())
    )


def fault(ai: str, value: str) -> Fault | None:
    """The first thing that is wrong with what ``value`` says. Its form must be right already."""
    for check, start, end in _checks_of(ai):
        piece = value[start:end]
        found = check(piece) if piece else None
        if found is not None:
            return Fault(found.reason, f"({ai}) {found.detail}", start + found.start, start + found.end)
    return None
