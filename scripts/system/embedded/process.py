"""One child process with its log file: started, watched, stopped or killed by its own pid."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.system.embedded.errors import StartFailed, StateInUse, StateUnusable, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

LOG_LIMIT = 16 * 1024 * 1024  # bytes; a longer log is set aside as `….1` at the next start
TAIL_LINES = 12


@dataclass
class Process:
    """A service that runs as a child of this process.

    `state` is a folder of the service's own; a lock on a file in it (flock) is inherited by the
    child, so it lasts exactly as long as the child or one of its own children, even if this process dies.
    `log` receives standard output and error. With `die_with_parent` the child gets `stop_signal`
    when the *thread* that started it ends (Linux, with setpriv): start it from the main thread, or
    set it to False where a service must outlive a `kill -9` of its parent.
    """

    name: str
    state: Path
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    die_with_parent: bool = True
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_start: int = field(default=0, init=False)
    _lock: int | None = field(default=None, init=False)

    @property
    def running(self) -> bool:
        """Whether the child was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        """The child's process id; RuntimeError if it was never started."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child.pid

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Lock the state folder, made if missing, while it is prepared and the child is started.

        Raises StateInUse if another process has locked it, StateUnusable if it belongs to another user.
        """
        try:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = self._take_lock()
            yield
        except PermissionError as error:
            raise StateUnusable(f"{error.filename} belongs to another user: run as that user") from None
        finally:
            if self._lock is not None:
                os.close(self._lock)  # a started child has its own copy
                self._lock = None

    def start(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> None:
        """Start `command` in a session of its own, within `claim`.

        `prefix` is a program that changes the user and then becomes the command. Raises StartFailed
        if it can't be executed. The service is not ready yet: see `wait_until`.
        """
        if self._lock is None:
            raise RuntimeError(f"{self.name} may be started within claim() only")
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:  # noqa: PTH123 - the descriptor carries the mode
            self._log_start = log.seek(0, os.SEEK_END)
            try:
                self._child = subprocess.Popen(
                    # A change of user clears the death signal, so it is set after that.
                    [*prefix, *self._dying_with_parent(), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    pass_fds=(self._lock,),
                    # Ctrl-C goes to a terminal's whole process group; what stops when is our decision.
                    start_new_session=True,
                )
            except OSError as error:
                raise StartFailed(f"{self.name} could not be executed: {error}") from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{self._child.pid}\n".encode("ascii"), 0)

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()`; StartFailed with the log's end if the child ends or time runs out.

        A child that is not ready in time is killed, so that no half-started service stays behind.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                code = self._child.returncode if self._child else None
                raise self.failure(f"{self.name} ended with code {code} while it was starting")
            if time.monotonic() > deadline:
                self.kill()
                raise self.failure(f"{self.name} was not ready after {seconds:.0f} s")
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the child; nothing happens if it has ended."""
        if self._child is not None:
            self._child.send_signal(number)  # Popen checks that the pid is still this child's

    def reload(self, words: str, seconds: float) -> bool:
        """Send SIGHUP; whether the child then writes `words` to its log within `seconds`."""
        seen = len(self.output())
        self.send(signal.SIGHUP)
        deadline = time.monotonic() + seconds
        while words not in self.output()[seen:]:
            if not self.running or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def stop(self, seconds: float = 30) -> None:
        """Ask the child to end and wait; kill it when it has not ended after `seconds`."""
        if self._child is None:
            return
        self.send(self.stop_signal)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the child and its own children with SIGKILL, as a power cut would, and wait for it."""
        if self._child is None:
            return
        offspring = children_of(self._child.pid)
        self._child.kill()
        self._child.wait()
        for pid in offspring:
            _kill_and_wait(pid)

    def output(self) -> str:
        """What the child has written to its log since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode("utf-8", "replace")

    def failure(self, summary: str) -> StartFailed:
        """The StartFailed for `summary`, with what to do and the end of the log below it."""
        output = self.output()
        tail = "\n".join(f"    {line}" for line in output.splitlines()[-TAIL_LINES:])
        return StartFailed(f"{summary}: {advice(output)}; its log, {self.log}, ends with\n{tail}")

    def _take_lock(self) -> int:
        descriptor = os.open(self.state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StateInUse(
                f"{self.state} is already served by {self.name} (process {holder}): stop that one first"
            ) from None
        return descriptor

    def _dying_with_parent(self) -> list[str]:
        # setpriv sets PR_SET_PDEATHSIG and then becomes the service, under the same pid. Setting it
        # from here would mean Python code between fork and exec, which is unsafe beside threads.
        if not self.die_with_parent or sys.platform != "linux" or shutil.which("setpriv") is None:
            return []
        return ["setpriv", "--pdeathsig", self.stop_signal.name.removeprefix("SIG"), "--"]


def program(name: str, *folders: Path, hint: str) -> str:
    """The path of the executable `name` in one of `folders` or on PATH; Unavailable with `hint` if none."""
    places = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
    path = shutil.which(name, path=places)
    if path is None:
        raise Unavailable(f"the program {name} is missing: {hint}")
    return path


def advice(log: str) -> str:
    """What a person can do about the failure in `log`, in a few words."""
    for symptom, remedy in _REMEDIES:
        if symptom in log:
            return remedy
    return "the reason is in its log, below"


_REMEDIES = (
    ("Check free disk space", "the disk is full, free some space and retry"),
    ("No space left on device", "the disk is full, free some space and retry"),
    ("no space left on device", "the disk is full, free some space and retry"),
    ("setpriv: ", "this container withholds a right of root, run as an ordinary user instead"),
    ("could not map anonymous shared memory", "memory is short, lower shared_buffers"),
    ("Address already in use", "another process took the port, choose another one"),
    ("address already in use", "another process took the port, choose another one"),
    ("Permission denied", "its state folder belongs to another user, run as that user"),
    ("permission denied", "its state folder belongs to another user, run as that user"),
    ("lock file", "a server of an earlier run still uses the data, stop it by the pid below"),
)


def children_of(parent: int) -> list[int]:
    """The pids whose parent is `parent`; empty where there is no /proc."""
    pids = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        state = _stat(entry)
        if state is not None and state[1] == parent:
            pids.append(int(entry.parent.name))
    return pids


def _stat(path: Path) -> tuple[str, int] | None:
    """State letter and parent pid of a /proc/PID/stat, or None if that process is gone."""
    try:
        # The command stands in parentheses and may itself contain any character, so count from its end.
        fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return (fields[0], int(fields[1])) if len(fields) > 1 else None


def _kill_and_wait(pid: int, seconds: float = 5) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + seconds
    stat = Path(f"/proc/{pid}/stat")
    # An orphan that nobody reaps stays as a zombie ("Z"): it has no open files and no memory.
    while (state := _stat(stat)) is not None and state[0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.005)
