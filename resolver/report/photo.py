"""Photos of consumers: decoded, made smaller, and encoded without what the camera wrote into them. Pure.

Decoding takes memory by the size of the picture, not of the file: :mod:`resolver.report.photo_process` does it apart.
"""

import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from schemas.errors import Invalid

MAX_BYTES = 4 * 1024 * 1024
MAX_PIXELS = 16_000_000
"""Pixels that are decoded, at 4 bytes each and more than once."""
MAX_JPEG_PIXELS = 110_000_000
"""Pixels of a JPEG file, which can be decoded at a fraction of its size: the largest of phones have 108 million."""
LONGEST_SIDE = 2048
_FORMATS = ("JPEG", "PNG", "WEBP")


def cleaned(content: bytes) -> bytes:
    """The photo as JPEG, upright, at most 2048 pixels a side, without places, names or times of the camera.

    :raises Invalid: when it is no picture, or one of too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is the lower one
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                _require_pixels(image, MAX_JPEG_PIXELS if image.format == "JPEG" else MAX_PIXELS)
                image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                _require_pixels(image, MAX_PIXELS)
                image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Invalid(
            "not_a_photo", "That is no JPEG, PNG or WebP picture.", "Send the photo itself.", field="body"
        ) from None
    buffer = BytesIO()
    upright.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _require_pixels(image: Image.Image, most: int) -> None:
    if image.width * image.height > most:
        raise Invalid("too_many_pixels", f"A photo has at most {most} pixels.", "Send a smaller one.")
