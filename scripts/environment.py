"""The Python that Suyuan's scripts run in: a `.venv` of this checkout, made when it is needed.

An entry script begins with

    import environment
    environment.enter("embedded")

and the rest of it runs inside the `.venv` that contains exactly requirements/embedded.lock. This module
needs nothing but the standard library and must stay readable to Python 3.6, whose users it tells in
one line what to do; so its syntax is older than that of the other modules.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:
    sys.exit("Suyuan's scripts run on Linux and macOS: on Windows, run them inside WSL")

OLDEST = (3, 11)
NEWER = ("python3.11", "python3.12", "python3.13", "python3.14")


def _find_newer() -> "str | None":
    """The path of the first Python on PATH that is new enough."""
    question = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    for name in NEWER:
        path = shutil.which(name)
        # Asked, not believed: version managers put names on PATH that then refuse to run.
        if path and subprocess.call([path, "-c", question], stderr=subprocess.DEVNULL) == 0:
            return path
    return None


if sys.version_info < OLDEST:  # before anything below, whose annotations an old Python can't evaluate
    _newer = _find_newer()
    if _newer:
        os.execv(_newer, [_newer, *sys.argv])  # noqa: S606 - the same script, in the newer Python
    sys.exit(
        f"Suyuan needs Python 3.11 or newer and this is {sys.version.split()[0]}: "
        f"install python3.11 or newer, so that it is on PATH, and run the same command again"
    )

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "suyuan.stamp"
PROFILES = ("run", "embedded", "dev")  # each contains the one before it
FAILURE_LINES = 15


def enter(profile: str) -> None:
    """Continue inside the `.venv` of this checkout with at least `profile`: "run", "embedded" or "dev".

    Makes and fills it when needed, then restarts the same script in it (this process is
    replaced, so that call does not return); inside it, the call only clears the way for
    `import scripts` and returns. Ends the process with one line when that can't be done.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile {profile!r}: use one of {', '.join(PROFILES)}")
    prepare(profile)
    os.environ["PYTHONPATH"] = _with_root(os.environ.get("PYTHONPATH", ""))
    if Path(sys.prefix).resolve() != VENV.resolve():
        sys.stdout.flush()
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606 - the same script, in its own Python
    # The folder of the script comes first on the path, where its modules would hide others' by name.
    here = str(ROOT / "scripts")
    sys.path[:] = [str(ROOT), *(entry for entry in sys.path if entry not in {here, str(ROOT)})]


def prepare(profile: str) -> None:
    """Make the `.venv` satisfy `profile`, whoever else is at it; says one line a phase on stderr."""
    if _satisfied(profile):
        return
    with _locked():
        if _satisfied(profile):  # the process that had the lock did it
            return
        goal = wanted(profile, installed_profile(_read_stamp()))
        version = _python_version()
        if version is None or not _has_pip():
            _create()
            version = _python_version()
        # Until the installation ends the folder contains neither the old set nor the new.
        STAMP.unlink(missing_ok=True)
        _install(goal)
        STAMP.write_text(stamp(goal, _lock(goal).read_bytes(), version or ""), encoding="ascii")


def stamp(profile: str, lock: bytes, version: str) -> str:
    """What the stamp file says of a finished installation of `lock` for a Python `version`."""
    minor = ".".join(version.split(".")[:2])
    return f"{profile} {hashlib.sha256(lock + minor.encode('ascii')).hexdigest()}\n"


def installed_profile(text: str) -> str | None:
    """The profile that a stamp file's text names; None if it names none."""
    name = text.partition(" ")[0]
    return name if name in PROFILES else None


def wanted(requested: str, installed: str | None) -> str:
    """The profile to install: the larger one, so that a developer's tools are never taken away."""
    return max(requested, installed or requested, key=PROFILES.index)


def advice(output: str) -> str:
    """What to do about pip's failure, in a few words, from what it said."""
    for symptom, remedy in (
        ("No space left on device", "the disk is full, free some space"),
        ("DO NOT MATCH THE HASHES", "a package differs from its lock, do not use that package index"),
        ("No matching distribution found", "the package index has no file of that version for this Python"),
        ("NewConnectionError", "the package index can't be reached, check the network and pip's settings"),
        ("Permission denied", f"{VENV} belongs to another user, remove it or run as that user"),
    ):
        if symptom in output:
            return remedy
    return "see pip's output above"


def _satisfied(profile: str) -> bool:
    text = _read_stamp()
    goal = wanted(profile, installed_profile(text))
    version = _python_version()
    return version is not None and text == stamp(goal, _lock(goal).read_bytes(), version)


def _read_stamp() -> str:
    try:
        return STAMP.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""


def _lock(profile: str) -> Path:
    path = ROOT / "requirements" / f"{profile}.lock"
    if not path.exists():
        sys.exit(f"Suyuan: {path} is missing: this checkout is not complete, clone it again")
    return path


def _python_version() -> str | None:
    """The version that the venv's Python says it is; None if it can't run or its venv is another's.

    The folder outlives the Python that it points to: after an upgrade of the system `bin/python` may be
    gone, or be one that searches for packages elsewhere.
    """
    if Path(sys.prefix).resolve() == VENV.resolve():
        running = ".".join(map(str, sys.version_info[:3]))
    else:
        question = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        try:
            done = subprocess.run([PYTHON, "-I", "-c", question], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        running = done.stdout.strip()
    minor = re.match(r"\d+\.\d+", running)
    return running if minor and (VENV / "lib" / f"python{minor[0]}").is_dir() else None


def _has_pip() -> bool:
    command = [str(PYTHON), "-I", "-m", "pip", "--version"]
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def _create() -> None:
    for module in ("venv", "ensurepip"):
        # Debian ships Python without these two; nothing else is missing there, so say its command.
        if importlib.util.find_spec(module) is None:
            _explain_missing_venv()
    _say(f"making {VENV} with Python {sys.version.split()[0]}")
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-I", "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        output = done.stdout + done.stderr
        if "ensurepip" in output:
            _explain_missing_venv()
        sys.stderr.write(output)
        sys.exit(f"Suyuan: {VENV} could not be made: {advice(output)}")


def _explain_missing_venv() -> None:
    sudo = "" if os.geteuid() == 0 else "sudo "
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    sys.exit(
        f"Suyuan: this Python lacks venv or ensurepip: on Debian and Ubuntu run "
        f"`{sudo}apt-get install {package}` (elsewhere, install a complete Python), then try again"
    )


def _install(profile: str) -> None:
    lock = _lock(profile)
    count = len(re.findall(r"^[\w.-]+==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    _say(f"installing requirements/{profile}.lock, {count} packages with pinned hashes")
    began = time.monotonic()
    command = [str(PYTHON), "-I", "-m", "pip", "install", "--require-hashes", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", str(lock)]
    lines = []
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            package = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
            if package:
                seen += 1
                _show_progress(f"{seen}/{count} {package[1]}")
            elif line.startswith("Installing "):
                _show_progress("unpacking")
    _show_progress("")
    if pip.returncode != 0:
        sys.stderr.writelines(lines[-FAILURE_LINES:])
        sys.exit(f"Suyuan: requirements/{profile}.lock could not be installed: {advice(''.join(lines))}")
    _say(f"ready after {time.monotonic() - began:.0f} s; the next start needs none of this")


def lock_folder() -> Path:
    """The folder that has the `.venv`: this checkout, or that to which its link leads."""
    return VENV.resolve().parent if VENV.is_symlink() and VENV.exists() else ROOT


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Lock the folder that has the `.venv`, so that of two scripts started together only one installs.

    Checkouts that share a `.venv` by a link share the lock, too.
    """
    folder = os.open(lock_folder(), os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another script is preparing the environment, waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            pass  # some network file systems can't lock a folder; one user alone is safe without
        yield
    finally:
        os.close(folder)


def _with_root(path: str) -> str:
    others = [entry for entry in path.split(os.pathsep) if entry and entry != str(ROOT)]
    return os.pathsep.join([str(ROOT), *others])


def _say(text: str) -> None:
    print(f"Suyuan: {text}", file=sys.stderr, flush=True)


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():  # a log is served with the lines of `_say`
        width = shutil.get_terminal_size().columns - 1
        line = f"{text:<{width}.{width}}"
        print("\r" + line, end="" if text else "\r", file=sys.stderr, flush=True)
