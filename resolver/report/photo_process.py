"""Photos are decoded apart: one at a time, in a process with limits on memory and time, which may die alone."""

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Sequence

from resolver.report import photo
from schemas.errors import Invalid, StoreUnavailable

MEMORY_BYTES = 512 << 20
"""Of addresses. A picture within the limits takes some 100 MB; a progressive JPEG of many pixels may ask for more."""
CPU_S = 10
WAIT_S = 20.0
"""How long a photo waits for the one before it, and for its own process."""

_REFUSED = 3
_COMMAND = [sys.executable, "-m", "resolver.report.photo_process"]
_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
_one_at_a_time = threading.Lock()


def cleaned_apart(content: bytes) -> bytes:
    """As :func:`resolver.report.photo.cleaned`.

    :raises Invalid: when it is no picture, or takes more memory or time than a photo does.
    :raises StoreUnavailable: when others' photos are being decoded.
    """
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise StoreUnavailable("other photos are being read; send this one again")
    try:
        done = subprocess.run(  # noqa: S603 -- our own program; the picture goes to its input
            _COMMAND,
            input=content,
            env=_ENVIRONMENT,  # without the resolver's secrets
            capture_output=True,
            timeout=WAIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_costly() from None
    finally:
        _one_at_a_time.release()
    if done.returncode == _REFUSED:
        reason, detail, remedy = done.stderr.decode().rstrip("\n").split("\n")
        raise Invalid(reason, detail, remedy, field="body")
    if done.returncode:
        raise _too_costly()
    return done.stdout


def _too_costly() -> Invalid:
    return Invalid("too_costly", "This picture takes more memory or time than a photo does.", "Send a smaller one.")


def main(arguments: Sequence[str]) -> int:
    """Read a picture from standard input, write the photo to standard output; the reason to standard error.

    The argument, when there is one, is the limit of memory in bytes.
    """
    memory = int(arguments[0]) if arguments else MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        sys.stdout.buffer.write(photo.cleaned(sys.stdin.buffer.read(photo.MAX_BYTES + 1)))
    except Invalid as error:
        sys.stderr.write(f"{error.reason}\n{error.detail}\n{error.remedy}\n")
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
