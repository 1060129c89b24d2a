"""The migrations as data: which SQL files a store profile runs, in which order."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

PROFILES = ("plain", "timescale")


@dataclass(frozen=True, slots=True)
class Migration:
    """One forward step. ``digest`` (hexadecimal SHA-256) tells an applied file from one that was changed since."""

    name: str
    sql: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the SQL text."""
        return sha256(self.sql.encode()).hexdigest()


def migrations(profile: str) -> list[Migration]:
    """The steps of a profile by number: those that every profile shares, and its own.

    :raises ValueError: there is no such profile.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile {profile!r} is none of {', '.join(PROFILES)}")
    root = files("schemas") / "sql"
    steps = [Migration(file.name, file.read_text(encoding="utf-8")) for file in _sql(root / "common")]
    steps += [Migration(file.name, file.read_text(encoding="utf-8")) for file in _sql(root / profile)]
    return sorted(steps, key=lambda step: step.name)


def _sql(folder: Traversable) -> list[Traversable]:
    return [file for file in folder.iterdir() if file.name.endswith(".sql")]
