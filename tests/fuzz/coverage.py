"""Coverage-guided fuzzing of the readers, with atheris (Apache-2.0), which is not among our packages.

pip install atheris
python -m tests.fuzz.coverage -max_total_time=600
"""

import sys
from importlib import import_module
from importlib.util import find_spec


def main() -> None:
    """Run until a reader fails or the time is over; the arguments are libFuzzer's."""
    if find_spec("atheris") is None:
        sys.exit("atheris is not installed: pip install atheris, or run the tests in this folder, which need nothing")
    atheris = import_module("atheris")
    with atheris.instrument_imports():
        target = import_module("tests.fuzz.target")

    def run(data: bytes) -> None:
        source = atheris.FuzzedDataProvider(data)
        name = sorted(target.READERS)[source.ConsumeIntInRange(0, len(target.READERS) - 1)]
        target.check(name, source.ConsumeUnicode(200))

    atheris.Setup(sys.argv, run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
