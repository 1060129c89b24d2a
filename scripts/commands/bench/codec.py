"""Sealing, checking and parsing codes, beside their cryptographic primitives; on one core."""

import random
from collections.abc import Callable
from statistics import median
from time import perf_counter

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from schemas import code, digital_link
from schemas.element import Element
from schemas.gs1 import check_digit
from schemas.identity import arrange
from schemas.keys import Issuer, Keyring
from schemas.serial import BATCH_NUMBERS, INDEXES, Sealer

BATCH = 1000
SLICES = 7
ORGANISATIONS, KEYS, PRODUCTS = 2, 2, 100


def measure(seconds: float) -> dict[str, float]:
    """Each figure in operations a second; the whole takes about ``seconds``.

    Sealing is in one range of a thousand; checking in batches is of a thousand codes of 200 products of two
    organisations with two keys each, in random order; reading is of sealed URIs of as many products.
    """
    chance = random.Random(1)  # noqa: S311 - a bench needs the same goods each time, not secrets
    sealers, keyring, gtins = _makers()
    units = [
        (gtins[org][product], sealers[org][key], chance.randrange(BATCH_NUMBERS), chance.randrange(INDEXES))
        for org, key, product in (
            (chance.randrange(ORGANISATIONS), chance.randrange(KEYS), chance.randrange(PRODUCTS)) for _ in range(BATCH)
        )
    ]
    codes = [(gtin, sealer, sealer.seal(gtin, batch, index)) for gtin, sealer, batch, index in units]
    all_gtins, serials = [gtin for gtin, _, _ in codes], [serial for _, _, serial in codes]
    uris = [code.uri("https://id.example.com", gtin, serial) for gtin, _, serial in codes]
    encrypt = Cipher(algorithms.AES(bytes(32)), modes.ECB()).encryptor().update  # noqa: S305 -- the floor of FF1
    block, blocks = bytes(16), bytes(16 * BATCH)
    one, first = sealers[0][0], gtins[0][0]
    pair = [Element("01", first, (0, 2), (3, 17)), Element("21", serials[0], (18, 20), (21, 41))]

    def single() -> None:
        for gtin, sealer, serial in codes:
            if sealer.unseal(gtin, serial) is None:
                raise AssertionError("a genuine serial was refused")

    def together() -> None:
        if None in code.unseal_many(all_gtins, serials, keyring):
            raise AssertionError("a genuine serial was refused")

    work: dict[str, Callable[[], object]] = {
        "sealed_per_s_core": lambda: one.seal_range(first, 7, 0, BATCH),
        "verify_sealed_per_s_core": single,
        "verify_sealed_batch_per_s_core": together,
        "parse_per_s_core": lambda: [digital_link.parse(uri) for uri in uris],
        "floor_aes_blocks_per_s": lambda: encrypt(blocks),
        "floor_aes_calls_per_s": lambda: [encrypt(block) for _ in range(BATCH)],
        "parse_by_table_per_s_core": lambda: [digital_link.parse_by_table(uri) for uri in uris],
        "arrange_per_s_core": lambda: [arrange(pair) for _ in range(BATCH)],
    }
    figures = {name: _rate(operation, seconds / len(work)) for name, operation in work.items()}
    # Ten rounds of FF1 are ten blocks: what share of the block cipher's own speed is left.
    figures["ratio_sealed"] = 10 * figures["sealed_per_s_core"] / figures["floor_aes_blocks_per_s"]
    figures["ratio_verify_sealed"] = 10 * figures["verify_sealed_per_s_core"] / figures["floor_aes_calls_per_s"]
    figures["ratio_verify_sealed_batch"] = (
        10 * figures["verify_sealed_batch_per_s_core"] / figures["floor_aes_blocks_per_s"]
    )
    return figures


def _makers() -> tuple[list[list[Sealer]], Keyring, list[list[str]]]:
    """Sealers by organisation and key, the keyring that knows them, GTINs by organisation."""
    prefixes = ["9521234", "9521235"]
    sealers = [[Sealer(bytes([org, key]) * 16, key) for key in range(KEYS)] for org in range(ORGANISATIONS)]
    issuers = [Issuer(f"maker-{org}", tuple(own)) for org, own in enumerate(sealers)]
    gtins = [[_gtin(f"0{prefix}{product:05d}") for product in range(PRODUCTS)] for prefix in prefixes]
    return sealers, Keyring(dict(zip(prefixes, issuers, strict=True)), {}), gtins


def _gtin(digits: str) -> str:
    return f"{digits}{check_digit(digits)}"


def _rate(work: Callable[[], object], seconds: float) -> float:
    """How many of a thousand operations a second: the median of some slices of the time."""
    work()
    rates = []
    for _ in range(SLICES):
        done, start = 0, perf_counter()
        while (passed := perf_counter() - start) < seconds / SLICES:
            work()
            done += BATCH
        rates.append(done / passed)
    return median(rates)
