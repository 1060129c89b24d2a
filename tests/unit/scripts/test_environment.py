"""The pure parts of the scripts' environment and lock files."""

import ast
import importlib.util
from pathlib import Path

import pytest

from scripts import environment
from scripts.commands import lock
from scripts.environment import ROOT


def test_an_old_python_can_read_the_module_that_tells_it_what_to_do():
    source = (ROOT / "scripts" / "environment.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))


def test_the_module_needs_nothing_but_the_standard_library():
    tree = ast.parse((ROOT / "scripts" / "environment.py").read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for name in names:
        origin = importlib.util.find_spec(name).origin
        assert "site-packages" not in str(origin)
        assert not str(origin).startswith(str(ROOT))


@pytest.mark.parametrize(
    ("asked", "installed", "goal"),
    [
        ("run", None, "run"),
        ("embedded", "run", "embedded"),
        ("run", "embedded", "embedded"),
        ("run", "dev", "dev"),
        ("dev", "run", "dev"),
    ],
)
def test_a_larger_profile_is_kept_when_a_smaller_one_is_asked_for(asked, installed, goal):
    assert environment.wanted(asked, installed) == goal


def test_a_stamp_names_its_profile():
    assert environment.installed_profile(environment.stamp("dev", b"lock", "3.11.2")) == "dev"


@pytest.mark.parametrize("text", ["", "\n", "everything 00\n", "<html>"])
def test_a_stamp_that_is_none_names_no_profile(text):
    assert environment.installed_profile(text) is None


def test_a_stamp_changes_with_the_lock_and_with_the_minor_version_only():
    stamp = environment.stamp("run", b"lock", "3.11.2")
    assert environment.stamp("run", b"lock", "3.11.9") == stamp
    assert environment.stamp("run", b"lock", "3.12.2") != stamp
    assert environment.stamp("run", b"other", "3.11.2") != stamp


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "differs from its lock"),
        ("something new", "output above"),
    ],
)
def test_a_failed_installation_says_what_to_do(output, words):
    assert words in environment.advice(output)


def test_an_unknown_profile_is_refused_before_anything_is_installed():
    with pytest.raises(ValueError, match="use one of run, embedded, dev"):
        environment.enter("production")


def test_checkouts_that_share_an_environment_install_one_after_the_other(tmp_path, monkeypatch):
    owner, worktree = tmp_path / "owner", tmp_path / "worktree"
    (owner / ".venv").mkdir(parents=True)
    worktree.mkdir()
    (worktree / ".venv").symlink_to(owner / ".venv")
    folders = []
    for checkout in (owner, worktree):
        monkeypatch.setattr(environment, "ROOT", checkout)
        monkeypatch.setattr(environment, "VENV", checkout / ".venv")
        folders.append(environment.lock_folder())
    assert folders == [owner, owner]


def test_the_lock_files_share_their_versions():
    pins = {profile: _pins(profile) for profile in environment.PROFILES}
    assert pins["run"].items() <= pins["embedded"].items() <= pins["dev"].items()


def test_every_locked_package_has_a_hash():
    for profile in environment.PROFILES:
        text = (ROOT / "requirements" / f"{profile}.lock").read_text(encoding="utf-8")
        for entry in text.replace("\\\n", " ").splitlines():
            assert not entry.strip() or entry.startswith("#") or "--hash=sha256:" in entry, entry


def test_the_smaller_locks_are_bound_to_the_versions_of_the_largest():
    assert next(iter(lock.EXTRAS)) == "dev"
    assert "--constraints" not in lock.uv_arguments("dev", Path("x"), upgrade=False)
    for profile in ("run", "embedded"):
        arguments = lock.uv_arguments(profile, Path("x"), upgrade=False)
        assert arguments[arguments.index("--constraints") + 1] == "x/dev.lock"


def _pins(profile):
    lines = (ROOT / "requirements" / f"{profile}.lock").read_text(encoding="utf-8").splitlines()
    # Without markers: a smaller profile may need on every Python what a larger one names for some.
    entries = [line.removesuffix("\\").partition(";")[0].strip() for line in lines if line[:1].isalnum()]
    return dict(entry.partition("==")[::2] for entry in entries)
