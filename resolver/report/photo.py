"""Photos of consumers: decoded, made smaller, and encoded without what the camera wrote into them. Pure."""

import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from schemas.errors import Invalid

MAX_BYTES = 4 * 1024 * 1024
MAX_PIXELS = 50_000_000
LONGEST_SIDE = 2048
_FORMATS = ("JPEG", "PNG", "WEBP")


def cleaned(content: bytes) -> bytes:
    """The photo as JPEG, upright, at most 2048 pixels a side, without places, names or times of the camera.

    :raises Invalid: when it is no picture, or one of too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Invalid("too_many_pixels", f"A photo has at most {MAX_PIXELS} pixels.", "Send a smaller one.")
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        raise Invalid(
            "not_a_photo", "That is no JPEG, PNG or WebP picture.", "Send the photo itself.", field="body"
        ) from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    buffer = BytesIO()
    upright.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
