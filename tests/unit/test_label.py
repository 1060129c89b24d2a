"""Labels: every symbol that leaves the house says exactly what was put into it."""

import io
import math
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from resolver.label import QUIET_ZONE, Label, pdf, png, svg, symbol

SERIALS = [f"0K7Q2M8W4ZC1N5XR3V{n:02d}" for n in range(90)]
BASE = "HTTPS://ID.EXAMPLE.COM"
STEM = "7K" + "0123456789ABCDEFGHJKMNPQRSTVWXYZ" * 3 + "0123456"


def sealed(serial=SERIALS[0]):
    return Label(f"{BASE}/01/09521234000013/21/{serial}", "09521234000013", "L2026-01", serial)


def signed(serial=SERIALS[0]):
    return Label(f"{BASE}/{STEM}0/01/09521234000013/21/{serial}", "09521234000013", "L2026-01", serial)


def drawn(rows, pixels=4):
    """A symbol as a grey image with its quiet zone."""
    dark = np.pad(np.array(rows, dtype=np.uint8), QUIET_ZONE)
    return np.kron(255 - dark * 255, np.ones((pixels, pixels), dtype=np.uint8)).astype(np.uint8)


def read_by_both(image):
    found = zxingcpp.read_barcode(image)
    text, *_ = cv2.QRCodeDetector().detectAndDecode(image)
    return found.text, text, found.ec_level


def pages(document, dpi=300):
    with pypdfium2.PdfDocument(document) as opened:
        for page in opened:
            yield page.get_size(), np.asarray(page.render(scale=dpi / 72, grayscale=True).to_pil())


@pytest.mark.parametrize("label", [sealed(), signed()], ids=["sealed", "signed"])
def test_both_encoders_make_symbols_that_two_readers_read(label):
    single = np.asarray(Image.open(io.BytesIO(png(label))).convert("L"))
    assert read_by_both(single) == (label.uri, label.uri, "M")
    assert read_by_both(drawn(symbol(label.uri))) == (label.uri, label.uri, "M")


def test_the_smallest_symbols_are_used_because_the_uri_stays_alphanumeric():
    assert len(symbol(sealed().uri)) == 33  # version 4
    assert len(symbol(signed().uri)) == 45  # version 7
    longer = sealed().uri.replace("ID.", "ID.SUYUAN.")
    assert len(symbol(longer)) == 33
    assert len(symbol(longer.lower())) > 33


def test_an_svg_is_in_millimetres_has_its_quiet_zone_and_reads_back():
    label = Label(sealed().uri, "09521234000013", "A<&>'\"B", SERIALS[0])
    root = ET.fromstring(svg(label, module_mm=0.5))
    space = "{http://www.w3.org/2000/svg}"
    assert root.attrib["width"] == "20.5mm"
    grid = np.zeros((41, 41), dtype=bool)
    for move in root.find(f"{space}path").attrib["d"].split("M")[1:]:
        x, rest = move.split(" ")
        y, width = rest.split("h")[0], rest.split("h")[1].split("v")[0]
        grid[int(y), int(x) : int(x) + int(width)] = True
    assert not grid[:QUIET_ZONE].any()
    assert not grid[:, -QUIET_ZONE:].any()
    assert read_by_both(drawn(grid)) == (label.uri, label.uri, "M")
    assert [each.text for each in root.iter(f"{space}text")] == list(label.lines)


def test_every_label_of_a_sheet_reads_back_in_print_resolution():
    labels = [sealed(serial) for serial in SERIALS]
    texts = []
    sheets = list(pages(pdf(labels)))
    assert len(sheets) == 2
    for (width, height), image in sheets:
        assert (round(width), round(height)) == (595, 842)
        found = zxingcpp.read_barcodes(image)
        texts += [each.text for each in found]
        for each in found:
            corner, opposite = each.position.top_left, each.position.bottom_right
            low, high = min(corner.y, opposite.y) - 8, max(corner.y, opposite.y) + 8
            left, right = min(corner.x, opposite.x) - 8, max(corner.x, opposite.x) + 8
            text, *_ = cv2.QRCodeDetector().detectAndDecode(
                np.pad(image[low:high, left:right], 40, constant_values=255)
            )
            assert text == each.text
    assert sorted(texts) == sorted(label.uri for label in labels)


def test_a_module_has_its_exact_size_on_paper_and_labels_keep_off_the_edges():
    dpi = 600
    ((_, image),) = list(pages(pdf([sealed()], module_mm=0.5), dpi))
    (found,) = zxingcpp.read_barcodes(image)
    side = math.dist(
        (found.position.top_left.x, found.position.top_left.y),
        (found.position.top_right.x, found.position.top_right.y),
    )
    assert side / dpi * 25.4 == pytest.approx(33 * 0.5, abs=0.15)
    margin = round(9.9 / 25.4 * dpi)
    assert (image[:margin] == 255).all()
    assert (image[:, :margin] == 255).all()


def test_a_sheet_says_in_words_what_its_symbols_say():
    with pypdfium2.PdfDocument(pdf([sealed()])) as opened:
        text = opened[0].get_textpage().get_text_range()
    for line in sealed().lines:
        assert line in text


def test_a_label_that_no_page_can_hold_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        pdf([signed()], module_mm=5)
