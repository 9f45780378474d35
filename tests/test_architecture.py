"""The shape of the service, held by its imports: rooms apart, rules pure, one place where all is wired."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("intake", "planning", "rendering", "delivery", "receipts", "sweeping", "escalation")
RULES_MAY_IMPORT = (
    "notifier.records",
    "notifier.event_data",
    "notifier.event_types",
    "notifier.errors",
    "notifier.rules",
)
COMPOSES = ("notifier.wiring", "notifier.cli", "notifier.clock", "notifier.demo", "notifier.web", "workers")
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("notifier", "workers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), path


def within(module: str, *parents: str) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def modules_within(*parents: str) -> list[tuple[str, Path]]:
    found = [(name, path) for name, path in modules() if within(name, *parents)]
    assert found, f"there is no module in {parents}"
    return found


def imports(path: Path) -> set[str]:
    """Every module that ``path`` may import; of ``from a import b``, both ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            assert node.module
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_never_imports_another(room: str) -> None:
    others = [f"notifier.{other}" for other in ROOMS if other != room]
    for name, path in modules_within(f"notifier.{room}"):
        assert not [found for found in imports(path) if within(found, *others)], name


def test_rules_import_only_what_is_pure() -> None:
    for name, path in modules_within("notifier.rules"):
        for found in imports(path):
            standard = found.partition(".")[0] in sys.stdlib_module_names
            assert standard or within(found, *RULES_MAY_IMPORT), f"{name} imports {found}"


def test_only_the_composing_modules_know_settings_and_channels() -> None:
    for name, path in modules():
        if within(name, *COMPOSES, "notifier.channels"):
            continue
        for found in imports(path):
            known = within(found, "notifier.settings", "notifier.channels")
            assert not known or within(found, "notifier.channels.base"), f"{name} imports {found}"


def test_a_channel_knows_no_other_channel() -> None:
    for name, path in modules_within("notifier.channels"):
        others = [
            found
            for found in imports(path)
            if within(found, "notifier.channels") and not within(found, "notifier.channels.base", name)
        ]
        assert others == [] or name == "notifier.channels.base", f"{name} imports {others}"


def clock_readings(path: Path) -> list[str]:
    readings = []
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(attr="now" | "utcnow" | "today", value=owner):
                if ast.unparse(owner).rpartition(".")[2] in ("datetime", "date"):
                    readings.append(ast.unparse(node))
            case ast.Attribute(attr="time" | "time_ns", value=ast.Name(id="time")):
                readings.append(ast.unparse(node))
            case ast.ImportFrom(module="time", names=names):
                readings += [alias.name for alias in names if alias.name in ("time", "time_ns")]
    return readings


def test_only_the_edges_read_a_clock() -> None:
    inside = [f"notifier.{room}" for room in ROOMS]
    for name, path in modules_within("notifier.rules", "notifier.store", *inside):
        assert clock_readings(path) == [], f"{name} reads a clock; take `now` as an argument"


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\nstart = field(default_factory=date.today)",
        "import time\ntime.time()",
        "from time import time",
    ],
)
def test_every_way_to_read_a_clock_is_seen(code: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code)
    assert clock_readings(tmp_path / "module.py")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    entries = [
        entry
        for entry in (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
        if entry.strip() and not entry.lstrip().startswith("#")
    ]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_file_names_a_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
