"""The migrations as data: which SQL files a store profile runs, in which order."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDERS = {"plain": ("common", "plain"), "timescale": ("common", "timescale"), "citus": ("common", "plain")}
"""Store profiles and the folders that their steps stand in. Profile "citus" is "plain", spread over machines."""

PROFILES = tuple(FOLDERS)


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
    steps = [
        Migration(file.name, file.read_text(encoding="utf-8"))
        for folder in FOLDERS[profile]
        for file in _sql(root / folder)
    ]
    return sorted(steps, key=lambda step: step.name)


def ownership() -> str:
    """What hands everything in the schema over to its owner after each migration, as often as one likes."""
    return (files("schemas") / "sql" / "ownership.sql").read_text(encoding="utf-8")


def distribution(profile: str) -> str | None:
    """What a profile does with its tables after each migration, as often as one likes; None when nothing.

    Not a step with a number: a table that a later step makes has to be spread as well.
    """
    if profile != "citus":
        return None
    return (files("schemas") / "sql" / "citus" / "distribution.sql").read_text(encoding="utf-8")


def _sql(folder: Traversable) -> list[Traversable]:
    return [file for file in folder.iterdir() if file.name.endswith(".sql")]
