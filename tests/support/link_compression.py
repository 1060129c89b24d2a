"""Compression of Digital Links, written for the tests as plainly as can be: strings of zeros and ones."""

import math
import re

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def number(digits):
    """A number of known length: as many bits as its digits may need."""
    return f"{int(digits or '0'):0{math.ceil(len(digits) * math.log2(10) + 0.01)}b}"


def length(text, most):
    return f"{len(text):0{most.bit_length()}b}"


def characters(text, width, alphabet):
    return "".join(f"{alphabet.index(character):0{width}b}" for character in text)


def text(value, most=None):
    """Text in the first encoding that has its characters; with its length unless that is known."""
    measure = "" if most is None else length(value, most)
    if re.fullmatch(r"[0-9]+", value):
        return "000" + measure + number(value)
    if re.fullmatch(r"[0-9A-F]+", value):
        return "010" + measure + characters(value, 4, "0123456789ABCDEF")
    if re.fullmatch(r"[0-9a-f]+", value):
        return "001" + measure + characters(value, 4, "0123456789abcdef")
    if re.fullmatch(r"[0-9A-Za-z_-]+", value):
        return "011" + measure + characters(value, 6, ALPHABET)
    return "100" + measure + characters(value, 7, "".join(map(chr, range(128))))


def ai(digits):
    return "".join(f"{int(digit, 16):04b}" for digit in digits)


def foreign(name, value):
    return "1111" + f"{len(name):07b}" + characters(name, 6, ALPHABET) + text(value, 127)


def segment(*bits):
    whole = "".join(bits)
    whole += "0" * (-len(whole) % 6)
    return "".join(ALPHABET[int(whole[place : place + 6], 2)] for place in range(0, len(whole), 6))
