"""The code in the terminal is a code: what is printed can be scanned."""

import numpy as np
import zxingcpp
from rich.console import Console

from scripts.commands.up.acceptance import VERDICTS
from scripts.commands.up.showcase import show, terminal_qr

URI = "HTTP://127.0.0.1:8000/01/09521234100010/21/EPE4F1F8HCFCTGTKWT2M"
SCALE = 6
# Upper and lower half of a character cell: a terminal draws text light on dark.
HALVES = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0), "\xa0": (0, 0)}


def drawn(text: str) -> np.ndarray:
    lines = text.split("\n")
    width = max(map(len, lines))
    rows = [[HALVES[cell][half] for cell in line.ljust(width)] for line in lines for half in (0, 1)]
    return np.kron(np.array(rows, dtype=np.uint8), np.ones((SCALE, SCALE), dtype=np.uint8))


def test_the_terminals_code_reads_back() -> None:
    assert [code.text for code in zxingcpp.read_barcodes(drawn(terminal_qr(URI)))] == [URI]


def test_what_is_shown_can_be_copied_in_one_piece_from_a_narrow_terminal(capsys) -> None:
    show(
        Console(width=60),
        "http://127.0.0.1:8000",
        dict.fromkeys(VERDICTS, URI),
        {"maker": "token-m", "regulator": "token-r"},
    )
    lines = capsys.readouterr().out.splitlines()
    commands = [line for line in lines if line.startswith("  curl ")]
    assert len(commands) == 6
    assert '  curl -s -H "Authorization: Bearer token-m" "http://127.0.0.1:8000/api/v1/alerts"' in commands
