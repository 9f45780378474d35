"""`make fuzz`: the fuzzing tests with many more examples, then each target under atheris."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS

_FOUND_NOTHING = 0
_NO_ATHERIS = "atheris is not installed (it exists for Linux and Python before 3.13): only the tests ran"


def main() -> int:
    """Run all; return 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=500, help="tried by each test (default: 500)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    options = parser.parse_args()
    environment = {**os.environ, "FUZZ_EXAMPLES": str(options.examples)}
    tests = [sys.executable, "-m", "pytest", "-q", "tests/fuzz"]
    failed = ["tests"] if subprocess.run(tests, env=environment).returncode != _FOUND_NOTHING else []
    if importlib.util.find_spec("atheris") is None:
        print(_NO_ATHERIS)
    else:
        failed += [name for name in TARGETS if not _holds(name, options.seconds)]
    print(f"fuzz: faults in {', '.join(failed)}" if failed else "fuzz: no fault was found")
    return 1 if failed else 0


def _holds(name: str, seconds: int) -> bool:
    """Fuzz one target in a process of its own, beginning with what is right; what breaks it is kept."""
    faults = Path(".hypothesis/fuzz")
    faults.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        (Path(corpus) / "right").write_bytes(TARGETS[name][1])
        command = [sys.executable, "-m", "tests.fuzz.coverage_guided", name, corpus]
        limits = [f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=2048", "-timeout=20"]
        found = subprocess.run(
            [*command, *limits, f"-artifact_prefix={faults}/{name}-", "-print_final_stats=1"]
        )
    return found.returncode == _FOUND_NOTHING


if __name__ == "__main__":
    sys.exit(main())
