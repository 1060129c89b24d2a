"""Secrets as files hold them: hexadecimal digits, or the raw bytes. Pure."""


def secret_in(content: bytes, minimum: int) -> bytes:
    """The secret of at least ``minimum`` bytes in a file's content.

    Text is hexadecimal or nothing: a digit that was lost, or a line that was cut off, would else make another key of
    it, which nobody notices until codes are forgeries. So many random bytes are no text by chance.

    :raises ValueError: says what is wrong, as the end of a sentence about the file.
    """
    if content.isascii() and not set(content) - _TEXT:
        try:
            secret = bytes.fromhex(content.decode("ascii"))
        except ValueError:
            raise ValueError(
                "holds text that is not hexadecimal, or not an even number of digits; restore the file, or write its"
                " bytes as hexadecimal digits (xxd -plain)"
            ) from None
    else:
        secret = content
    if len(secret) < minimum:
        raise ValueError(f"holds {len(secret)} bytes; it needs at least {minimum}")
    return secret


_TEXT = frozenset(b"\t\n\r") | frozenset(range(0x20, 0x7F))
