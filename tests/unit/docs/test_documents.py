"""Documents that can't drift: pages written from the code, the README's commands, CI's commands, links."""

import re
from pathlib import Path

import pytest

from scripts.commands.docs import PAGES
from scripts.environment import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_pages_that_come_from_the_code_are_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run scripts/docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (document.parent / target).exists(), target


def readme_commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\$ (.+)$", "\n".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL)), re.MULTILINE)


def test_ci_runs_the_commands_that_the_readme_gives() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert {"scripts/check", "scripts/test", "scripts/up --check"} <= set(readme_commands()) & set(run)


def test_every_script_explains_itself() -> None:
    for script in (ROOT / "scripts").iterdir():
        if script.is_file() and "." not in script.name:
            assert script.read_text(encoding="utf-8").startswith('#!/usr/bin/env python3\n"""'), script.name
