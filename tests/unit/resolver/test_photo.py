"""Photos from strangers: what a small file may cost when it is decoded."""

import resource
from io import BytesIO

import pytest
from PIL import Image

from resolver.report import photo, photo_process
from resolver.report.photo_process import cleaned_apart
from schemas.errors import Invalid


def picture(size, kind="JPEG", **options) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, (180, 40, 40)).save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_a_phones_photo_comes_back_upright_and_small_and_without_what_the_camera_wrote() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "a camera"
    cleaned = cleaned_apart(picture((4000, 3000), exif=exif))
    assert opened(cleaned).size == (1536, 2048)
    assert not dict(opened(cleaned).getexif())


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = picture((9000, 6000))
    made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert max(opened(cleaned_apart(large)).size) <= photo.LONGEST_SIDE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss == made >= before, "decoded apart, not here"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: picture((7000, 7000), "PNG"), "too_many_pixels"),
        (lambda: b"GIF89a no photo", "not_a_photo"),
        (lambda: picture((400, 300))[:600], "not_a_photo"),
        (lambda: b"", "not_a_photo"),
    ],
)
def test_what_is_no_photo_says_so(content, reason) -> None:
    with pytest.raises(Invalid) as refused:
        cleaned_apart(content())
    assert refused.value.reason == reason


def test_a_picture_that_takes_more_memory_than_it_may_ends_its_own_process_only(monkeypatch) -> None:
    monkeypatch.setattr(photo_process, "_COMMAND", [*photo_process._COMMAND, str(96 << 20)])
    with pytest.raises(Invalid) as refused:
        cleaned_apart(picture((4000, 3900), "PNG"))
    assert refused.value.reason == "too_costly"
