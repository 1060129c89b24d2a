"""The first operator of a stack: the resolver's command line makes the organisation and its token."""

import subprocess
import sys

from scripts.environment import ROOT
from scripts.system.embedded.errors import StartFailed
from scripts.system.stack import Stack

OPERATOR = "operator"
_CREATE = (sys.executable, "-m", "resolver", "token", "create")


def operator_token(stack: Stack) -> str:
    """A token of the operator's.

    :raises StartFailed: the command refused; the message has its last words.
    """
    done = subprocess.run(
        [*_CREATE, f"--org={OPERATOR}", "--role=operator", "--label=first", "--scopes=read,write,admin"],
        env=stack.resolver_environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StartFailed(f"the first token: {done.stderr.strip()}")
    return done.stdout.strip()
