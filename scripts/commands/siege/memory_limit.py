"""The memory that the deployment allows each service, set for processes here: by a cgroup where one can be made."""

import os
import re
from contextlib import suppress
from pathlib import Path

from scripts.environment import ROOT

_CGROUPS = Path("/sys/fs/cgroup")
_UNITS = {"M": 1 << 20, "G": 1 << 30}
_FILES = ("docker-compose.yml", "deploy/compose.capture.yml", "deploy/compose.proxy.yml")


def deployed_limits() -> dict[str, int]:
    """The memory limit of each service in the deployment's files, in bytes; variables have their defaults."""
    limits: dict[str, int] = {}
    for name in _FILES:
        service = ""
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if named := re.fullmatch(r"  ([a-z]+):", line):
                service = named[1]
            elif found := re.search(r"limits:.* memory: \"?(?:\$\{\w+:-)?(\d+)\}?([MG])", line):
                limits[service] = int(found[1]) * _UNITS[found[2]]
    return limits


class MemoryLimit:
    """A limit of ``most`` bytes on processes and their children; the kernel ends what exceeds it, where it can.

    Without the right to make a cgroup nothing is enforced: whoever watches compares resident memory with ``most``.
    """

    def __init__(self, name: str, most: int) -> None:
        self.most = most
        self._folder = self._made(f"suyuan-siege-{os.getpid()}-{name}")

    @property
    def enforced(self) -> bool:
        """Whether the kernel holds processes to the limit."""
        return self._folder is not None

    def add(self, pid: int) -> None:
        """Put a process under the limit; the children that it starts from now on are under it too."""
        if self._folder is not None:
            (self._folder / "cgroup.procs").write_text(str(pid))

    def kills(self) -> int:
        """How often the kernel ended a process for its memory."""
        if self._folder is None:
            return 0
        for name in ("memory.events", "memory.oom_control"):  # of version 2, of version 1
            with suppress(FileNotFoundError):
                found = re.search(r"^oom_kill (\d+)", (self._folder / name).read_text(), re.MULTILINE)
                return int(found[1]) if found else 0
        return 0

    def close(self) -> None:
        """Remove the limit, once its processes have ended."""
        if self._folder is not None:
            with suppress(OSError):
                self._folder.rmdir()

    def _made(self, name: str) -> Path | None:
        for parent, limit in ((_CGROUPS, "memory.max"), (_CGROUPS / "memory", "memory.limit_in_bytes")):
            folder = parent / name
            try:
                folder.mkdir()
            except OSError:
                continue
            try:
                if (folder / limit).exists():  # the kernel makes it, with the folder, where memory is accounted for
                    (folder / limit).write_text(str(self.most))
                    return folder
            except OSError:
                pass
            folder.rmdir()
        return None


def resident_bytes(pid: int) -> int:
    """The resident memory of a process with its descendants, who share pages; 0 when it has ended."""
    pids, private, shared = [pid], 0, 0
    while pids:
        each = pids.pop()
        with suppress(OSError, ValueError):
            _, resident, common, *_ = map(int, Path(f"/proc/{each}/statm").read_text().split())
            private, shared = private + resident - common, max(shared, common)
            for task in Path(f"/proc/{each}/task").iterdir():
                pids += [int(child) for child in (task / "children").read_text().split()]
    return (private + shared) * os.sysconf("SC_PAGE_SIZE")
