"""Dynamic tags: the messages of NXP NTAG 424 DNA (AN12196, secure unique NFC; SUN).

At each tap the tag writes its UID, a counter that only goes up and an AES-CMAC into its own URL. Two AES-128 keys are
involved: the meta-read key hides UID and counter, the file-read key makes the CMAC and hides file data.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from schemas.errors import InvalidIdentifier

UID_BYTES = 7
COUNTER_BYTES = 3
MAC_BYTES = 8
_BLOCK = 16
_HAS_UID, _HAS_COUNTER, _UID_LENGTH = 0x80, 0x40, 0x0F

KeyOf = Callable[[bytes], bytes]
"""The file-read key of a tag, by its 7-byte UID: the place for key diversification (AN10922) or a key service."""


@dataclass(frozen=True, slots=True)
class Tap:
    """What a genuine message says. ``uid`` has 7 bytes; ``file_data`` is decrypted, empty when none was mirrored."""

    uid: bytes
    counter: int
    file_data: bytes = b""


class Freshness(StrEnum):
    """How a tap's counter stands to those seen before of the same tag."""

    FRESH = "fresh"
    """Higher than every one before."""
    REPEATED = "repeated"
    """The very message that was seen before: its URL was kept and opened again, or passed on."""
    BACK = "back"
    """Lower than one before: an older message is going round."""


def freshness(last_counter: int | None, tap: Tap) -> Freshness:
    """The rule for one tap. ``last_counter`` is the highest seen of this UID before, None when there was none."""
    if last_counter is None or tap.counter > last_counter:
        return Freshness.FRESH
    return Freshness.REPEATED if tap.counter == last_counter else Freshness.BACK


def verify(
    picc_data: str, mac: str, *, meta_read_key: bytes, key_of: KeyOf, file_data: str = "", mac_input: str = ""
) -> Tap | None:
    """What an encrypted message says, or None when no tag with these keys wrote it.

    All texts as they stand in the URL: ``picc_data`` 32, ``mac`` 16 and ``file_data`` a multiple of 32 hexadecimal
    digits. ``mac_input`` is the part of the URL between SDMMACInputOffset and SDMMACOffset (such as
    ``CEE9…&cmac=``); empty when the tag was set up with both alike.

    :raises InvalidIdentifier: a text is not hexadecimal or has another length.
    """
    sealed = _octets("picc_data", picc_data, _BLOCK)
    given = _octets("cmac", mac, MAC_BYTES)
    plain = _decrypt(meta_read_key, bytes(_BLOCK), sealed)
    if plain[0] != _HAS_UID | _HAS_COUNTER | UID_BYTES:
        return None
    uid = plain[1 : 1 + UID_BYTES]
    counter = plain[1 + UID_BYTES : 1 + UID_BYTES + COUNTER_BYTES]
    return _tap(uid, counter, given, key_of(uid), file_data, mac_input)


def _tap(uid: bytes, counter: bytes, given: bytes, key: bytes, file_data: str, mac_input: str) -> Tap | None:
    """``counter`` as the tag has it: three bytes, the least significant first."""
    whole = _cmac(_session_key(b"\x3c\xc3", key, uid, counter), mac_input.encode())
    # Every other byte of the CMAC, beginning with the second (AN12196, section 3.4.4.2).
    if not hmac.compare_digest(whole[1::2], given):
        return None
    hidden = _octets("enc", file_data, None)
    shown = b""
    if hidden:
        session = _session_key(b"\xc3\x3c", key, uid, counter)
        start = _encrypt_block(session, counter + bytes(_BLOCK - COUNTER_BYTES))
        shown = _decrypt(session, start, hidden)
    return Tap(uid, int.from_bytes(counter, "little"), shown)


def _session_key(label: bytes, key: bytes, uid: bytes, counter: bytes) -> bytes:
    """The key of one tap: AES-CMAC over a session vector (AN12196, section 3.3)."""
    return _cmac(key, label + b"\x00\x01\x00\x80" + uid + counter)


def _cmac(key: bytes, data: bytes) -> bytes:
    mac = CMAC(algorithms.AES128(key))
    mac.update(data)
    return mac.finalize()


def _encrypt_block(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES128(key), modes.ECB()).encryptor().update(block)  # noqa: S305 -- AN12196 makes its IV so


def _decrypt(key: bytes, start: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES128(key), modes.CBC(start)).decryptor().update(data)


def _octets(part: str, text: str, size: int | None) -> bytes:
    """The octets that ``text`` spells; ``size`` None for any number of whole blocks."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = None
    right = data is not None and 2 * len(data) == len(text)
    if data is None or not right or (len(data) % _BLOCK if size is None else len(data) != size):
        amount = f"a multiple of {2 * _BLOCK}" if size is None else f"{2 * size}"
        raise InvalidIdentifier("hexadecimal", f"expected {amount} hexadecimal digits", part=part, span=(0, len(text)))
    return data
