"""The saved state of a demo in its folder, from which a second start resumes."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from schemas.errors import Misconfigured
from scripts.system.embedded.secret import write_private

_MARK = "suyuan-state.json"


@dataclass(frozen=True, slots=True)
class State:
    """Ports that must stay (the HTTP port is printed into codes), and what the played world left to show.

    ``stage`` is ``new`` until the first registration, ``playing`` while the world is played, then ``complete``.
    """

    http_port: int
    mqtt_port: int
    postgres_port: int
    stage: str = "new"
    samples: dict[str, str] | None = None
    tokens: dict[str, str] | None = None


def load(folder: Path) -> State | None:
    """The state in a folder, or None when nothing was registered there yet.

    :raises Misconfigured: the folder contains something else, or an interrupted first start.
    """
    mark = folder / _MARK
    if not mark.exists():
        if folder.exists() and any(folder.iterdir()):
            raise Misconfigured(f"{folder} is not empty and was not made by scripts/up; choose another --state folder")
        return None
    try:
        state = State(**json.loads(mark.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise Misconfigured(f"{mark} can't be read; start with an empty folder: scripts/up --fresh") from None
    if state.stage == "new":
        return None
    if state.stage != "complete":
        raise Misconfigured(
            f"the last start in {folder} was interrupted; start with an empty folder: scripts/up --fresh"
        )
    return state


def save(folder: Path, state: State) -> None:
    """Save the state, readable by the owner only: its tokens are secrets."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / _MARK, json.dumps(asdict(state), indent=1) + "\n")


def clear(folder: Path) -> None:
    """Delete a state folder, and only one that scripts/up made.

    :raises Misconfigured: it is something else.
    """
    if not folder.exists():
        return
    if not (folder / _MARK).exists() and any(folder.iterdir()):
        raise Misconfigured(f"{folder} was not made by scripts/up and is not deleted; choose another --state folder")
    shutil.rmtree(folder)
