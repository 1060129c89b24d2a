"""Labels: every symbol that leaves the house says exactly what was put into it, to decoders of two makers."""

import io
import math
import xml.etree.ElementTree as ET
import zipfile
from types import SimpleNamespace

import arbez_dmtx
import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from resolver.label import export
from resolver.label.export import Drawing, Text
from resolver.label.label import Label, png, svg
from resolver.label.pdf import pdf
from resolver.label.style import LabelStyle
from resolver.label.symbol import QUIET_ZONE, Carrier, symbol
from resolver.mint.mint import Layer, Mint, Recipe

GTIN, LOT = "09521234000013", "L2026_01"


def mint(*, signed=False, layer=Layer.OUTER):
    kid, key = ("7K", bytes(range(32))) if signed else (None, None)
    return Mint(Recipe(layer, GTIN, 5, 0, "https://id.example.com", b"\x11" * 32, kid, key))


def labels(count=1, *, signed=False, layer=Layer.OUTER, carrier=Carrier.QR):
    style = LabelStyle(GTIN, LOT, layer, carrier)
    return [style.label(each) for each in mint(signed=signed, layer=layer).codes(range(count))]


GRADES = pytest.mark.parametrize(
    "made",
    [{"signed": False}, {"signed": True}, {"layer": Layer.INNER}],
    ids=["sealed", "signed", "covert"],
)


def drawn(modules, carrier=Carrier.QR, pixels=5):
    """A symbol as a grey image with its quiet zone."""
    dark = np.pad(np.array(modules, dtype=np.uint8), QUIET_ZONE[carrier])
    return np.kron(255 - dark * 255, np.ones((pixels, pixels), dtype=np.uint8)).astype(np.uint8)


def read_by_both(image):
    """What zxing-cpp and OpenCV read in a QR, with its error correction.

    OpenCV misses one clean symbol in some hundred at one size and finds it at another, so it may look from nearer.
    """
    found = zxingcpp.read_barcode(image)
    looks = (image, *(cv2.resize(image, None, fx=by, fy=by, interpolation=cv2.INTER_NEAREST) for by in (2, 3)))
    texts = (cv2.QRCodeDetector().detectAndDecode(look)[0] for look in looks)
    return found.text, next(filter(None, texts), ""), found.ec_level


def read_matrix_by_both(image):
    """What zxing-cpp and libdmtx read in a DataMatrix, AIs in brackets, with its symbology identifier."""
    found = zxingcpp.read_barcode(image)
    # libdmtx likes more room around a symbol than the standard asks for
    (other,) = arbez_dmtx.decode(Image.fromarray(np.pad(image, 20, constant_values=255)), max_count=1)
    return SimpleNamespace(text=found.text, raw=found.bytes, other=other.data, identifier=found.symbology_identifier)


def pages(document, dpi=300):
    with pypdfium2.PdfDocument(document) as opened:
        for page in opened:
            yield page.get_size(), np.asarray(page.render(scale=dpi / 72, grayscale=True).to_pil())


def squares(drawing):
    """The dark modules of an SVG as rows, quiet zone and all."""
    root = ET.fromstring(drawing)
    space = "{http://www.w3.org/2000/svg}"
    side = int(root.attrib["viewBox"].split()[2])
    grid = np.zeros((side, side), dtype=bool)
    for move in root.find(f"{space}path").attrib["d"].split("M")[1:]:
        x, rest = move.split(" ")
        y, width = rest.split("h")[0], rest.split("h")[1].split("v")[0]
        grid[int(y), int(x) : int(x) + int(width)] = True
    return root, grid, [each.text for each in root.iter(f"{space}text")]


@GRADES
def test_every_drawing_of_a_qr_is_read_by_two_decoders(made):
    for label in labels(5, **made):
        single = np.asarray(Image.open(io.BytesIO(png(label))).convert("L"))
        assert read_by_both(single) == (label.content, label.content, "M")
        _, grid, _ = squares(svg(label))
        quiet = QUIET_ZONE[Carrier.QR]
        assert read_by_both(drawn(grid[quiet:-quiet, quiet:-quiet])) == (label.content, label.content, "M")
        assert read_by_both(drawn(symbol(label.content).modules)) == (label.content, label.content, "M")


@pytest.mark.parametrize("signed", [False, True], ids=["sealed", "signed"])
def test_every_drawing_of_a_gs1_datamatrix_begins_with_fnc1_and_is_read_by_two_decoders(signed):
    for minted, label in zip(
        mint(signed=signed).codes(range(3)), labels(3, signed=signed, carrier=Carrier.DATAMATRIX), strict=True
    ):
        quiet = QUIET_ZONE[Carrier.DATAMATRIX]
        _, grid, _ = squares(svg(label))
        for image in (
            np.asarray(Image.open(io.BytesIO(png(label))).convert("L")),
            drawn(grid[quiet:-quiet, quiet:-quiet], Carrier.DATAMATRIX, 8),
        ):
            read = read_matrix_by_both(image)
            assert read.identifier == "]d2"
            assert read.text == minted.element_string
            # FNC1 reads as GS; the first only says that it is GS1's, so that a decoder may leave it out. Between
            # elements libdmtx stumbles over FNC1 in C40 (it keeps the shift): FNC1 and 8 together come out as a hyphen.
            assert read.other.removeprefix(b"\x1d") == read.raw.removeprefix(b"\x1d").replace(b"\x1d8", b"-")
            assert read.raw.removeprefix(b"\x1d").startswith(f"01{GTIN}21{minted.serial}".encode())


def test_a_covert_code_in_a_datamatrix_is_its_uri_because_an_element_string_could_not_tell_it_apart():
    (label,) = labels(layer=Layer.INNER, carrier=Carrier.DATAMATRIX)
    read = read_matrix_by_both(drawn(label.symbol().modules, Carrier.DATAMATRIX, 8))
    assert (read.identifier, read.text) == ("]d1", label.content)
    assert "/OPEN/01/" in label.content


@pytest.mark.parametrize(("signed", "level", "version"), [(0, "M", 4), (0, "L", 3), (1, "M", 7), (1, "L", 6)])
def test_the_smallest_symbols_are_used_because_the_uri_stays_alphanumeric(signed, level, version):
    (label,) = labels(signed=bool(signed))
    assert len(symbol(label.content, level=level).modules) == 17 + 4 * version
    longer = label.content.replace("ID.", "ID.SUYUAN.")
    assert len(symbol(longer.lower(), level=level).modules) > len(symbol(longer, level=level).modules)


def test_an_svg_is_in_millimetres_and_says_in_words_what_its_symbol_says():
    label = Label("HTTPS://ID.EXAMPLE.COM/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3V00", ("(10)A<&>'\"B",))
    root, grid, text = squares(svg(label, module_mm=0.5))
    assert root.attrib["width"] == "20.5mm"
    assert not grid[:4].any()
    assert not grid[:, -4:].any()
    assert text == list(label.lines)


def test_every_label_of_a_sheet_reads_back_in_print_resolution():
    made = labels(90)
    texts = []
    sheets = list(pages(pdf(made)))
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
    assert sorted(texts) == sorted(label.content for label in made)


def test_a_module_has_its_exact_size_on_paper_and_labels_keep_off_the_edges():
    dpi = 600
    ((_, image),) = list(pages(pdf(labels(), module_mm=0.5), dpi))
    (found,) = zxingcpp.read_barcodes(image)
    side = math.dist(
        (found.position.top_left.x, found.position.top_left.y),
        (found.position.top_right.x, found.position.top_right.y),
    )
    assert side / dpi * 25.4 == pytest.approx(33 * 0.5, abs=0.15)
    margin = round(9.9 / 25.4 * dpi)
    assert (image[:margin] == 255).all()
    assert (image[:, :margin] == 255).all()


def test_a_sheet_says_in_words_what_its_symbols_say_and_is_the_same_bytes_each_time():
    (label,) = labels()
    with pypdfium2.PdfDocument(pdf([label])) as opened:
        text = opened[0].get_textpage().get_text_range()
    for line in label.lines:
        assert line in text
    assert pdf([label]) == pdf([label])


def test_a_label_that_no_page_can_hold_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        pdf(labels(signed=True), module_mm=5)


@pytest.mark.parametrize("signed", [False, True], ids=["sealed", "signed"])
def test_zpl_hands_the_printer_exactly_the_code_and_its_lines(signed):
    codes = mint(signed=signed).codes(range(2))
    text = export.records(Text.ZPL, LabelStyle(GTIN, LOT), codes).decode()
    printed = text.splitlines()
    assert [line[:9] for line in printed] == ["^XA^CI28^"] * 2
    for line, minted in zip(printed, codes, strict=True):
        fields = [field.split("^FD")[1] for field in line.split("^FS")[:-1]]
        assert fields[0] == f"MA,{minted.uri}"
        assert "^BQN,2,4^FH" in line
        # the underscore of the lot begins an escape in a ^FH field, so it is escaped itself
        assert fields[1:] == [f"(01){GTIN}", "(10)L2026_5F01", f"(21){minted.serial}"]
        assert line.endswith("^FS^XZ")


def test_zpl_for_a_datamatrix_marks_fnc1_where_the_standard_wants_it():
    (minted,) = mint(signed=True).codes(range(1))
    text = export.records(Text.ZPL, LabelStyle(GTIN, LOT, carrier=Carrier.DATAMATRIX), [minted]).decode()
    field = text.split("^BXN,4,200,,,,_^FD")[1].split("^FS")[0]
    signature = minted.element_string.split("(8030)")[1]
    assert field == f"_101{GTIN}21{minted.serial}_18030{signature.replace('_', '__')}"


@pytest.mark.parametrize("carrier", list(Carrier))
@pytest.mark.parametrize("form", list(Drawing))
def test_a_long_export_is_a_zip_of_parts_whose_every_label_reads_back(form, carrier):
    style, maker = LabelStyle(GTIN, LOT, carrier=carrier), mint()
    stream = export.zipped(export.parts(form, style, maker.portions(range(7), 3), title="t"), compress=False)
    outer = zipfile.ZipFile(io.BytesIO(b"".join(stream)))
    suffix = "pdf" if form is Drawing.PDF else "zip"
    assert outer.namelist() == [
        f"labels-0000000000-0000000002.{suffix}",
        f"labels-0000000003-0000000005.{suffix}",
        f"labels-0000000006-0000000006.{suffix}",
    ]
    read = []
    for part in map(outer.read, outer.namelist()):
        if form is Drawing.PDF:
            read += [found.text for _, image in pages(part) for found in zxingcpp.read_barcodes(image)]
            continue
        inner = zipfile.ZipFile(io.BytesIO(part))
        assert inner.testzip() is None
        for name in inner.namelist():
            data = inner.read(name)
            if form is Drawing.SVG:
                _, grid, _ = squares(data.decode())
                quiet = QUIET_ZONE[carrier]
                image = drawn(grid[quiet:-quiet, quiet:-quiet], carrier)
            else:
                image = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
            read.append(zxingcpp.read_barcode(image).text)
    codes = maker.codes(range(7))
    assert sorted(read) == sorted(each.uri if carrier is Carrier.QR else each.element_string for each in codes)
