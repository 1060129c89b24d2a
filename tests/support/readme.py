"""What README.md tells a new user to type."""

import re

from scripts.environment import ROOT


def readme_commands() -> list[str]:
    """The commands of README.md's console blocks, in order, without their prompts."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\$ (.+)$", "\n".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL)), re.MULTILINE)
