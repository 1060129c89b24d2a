"""Anchors: every section of a page in docs/ that code or a document cites is a heading that exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scripts.environment import ROOT

SOURCES = [
    path
    for folder in ("gateway", "resolver", "schemas", "firmware_sim", "scripts", "tests", "deploy", "docs")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and path.suffix in {".py", ".toml", ".sql", ".md", ".yaml", ".yml", ".html", ".js"}
]
DOCUMENTS = [*(path for path in SOURCES if path.suffix == ".md"), *sorted(ROOT.glob("*.md"))]


@cache
def anchors_of(document: Path) -> frozenset[str]:
    """The anchors of a page's headings as GitHub makes them: lower case, without punctuation, hyphens for spaces."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ +(.+?) *#*$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def cited() -> Iterator[tuple[Path, Path, str]]:
    """Where an anchor is cited, the page, and the anchor: paths from the root in any file, links in documents."""
    for path in {*SOURCES, *DOCUMENTS}:
        text = path.read_text(encoding="utf-8")
        for page, anchor in re.findall(r"\b(docs/[\w/.-]+\.md)#([\w-]+)", text):
            yield path, ROOT / page, anchor
        if path.suffix == ".md":
            for page, anchor in re.findall(r"\]\(([\w/.-]*)#([\w-]+)\)", text):
                yield path, (path.parent / page if page else path).resolve(), anchor


def test_every_cited_anchor_exists() -> None:
    lost = [
        f"{path.relative_to(ROOT)}: {page.relative_to(ROOT)}#{anchor}"
        for path, page, anchor in cited()
        if not page.exists() or anchor not in anchors_of(page)
    ]
    assert sorted(lost) == []


def test_citations_are_found_at_all() -> None:
    assert len(list(cited())) > 20


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("## Readers' clocks", "readers-clocks"),
        ("### Lanes ###", "lanes"),
        ("# 10. Telling people", "10-telling-people"),
    ],
)
def test_anchors_are_made_as_github_makes_them(tmp_path: Path, heading: str, anchor: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{heading}\n", encoding="utf-8")
    assert anchors_of(page) == {anchor}
