"""Tables in docs/access.md: what is so, compared with what somebody has decided."""

import os

from scripts.environment import ROOT

PAGE = ROOT / "docs" / "access.md"
ACCEPT = "SUYUAN_ACCEPT_ACCESS"
"""Set to write what is so into the page, for somebody to read before it is committed."""


def compare(name: str, lines: list[str]) -> None:
    """Fail unless the page's section ``name`` has exactly these lines."""
    begin, end = f"<!-- {name}: compared with what is so by a test -->\n\n", f"\n<!-- End of {name}. -->"
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(begin)
    reviewed, _, tail = rest.partition(end)
    found = "\n".join(lines) + "\n"
    if os.environ.get(ACCEPT):
        PAGE.write_text(head + begin + found + end + tail, encoding="utf-8")
        return
    undecided = sorted(set(found.splitlines()) ^ set(reviewed.splitlines()))
    assert found == reviewed, f"decide, then run this test with {ACCEPT}=1 and read the difference: {undecided}"
