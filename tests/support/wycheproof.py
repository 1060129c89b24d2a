"""Test vectors of Wycheproof, as tests/vectors has them."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from scripts.environment import ROOT

FOLDER = ROOT / "tests" / "vectors"


def cases(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Each case of the file ``name``: its group, the case, and a label for messages."""
    content = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    for group in content["testGroups"]:
        for case in group["tests"]:
            yield group, case, f"case {case['tcId']}: {case['comment']}"
