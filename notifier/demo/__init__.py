"""The demo: a sample police force's day through the real roles, over real sockets, with nothing installed."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from notifier.demo.day import load_day
from notifier.demo.keepsakes import keep_one_of_each
from notifier.demo.peers import peer_settings, read_behaviours, start_peers
from notifier.demo.stage import Stage, play, stay_up
from notifier.demo.summary import summarise
from notifier.demo.words import show_places, show_summary
from notifier.embedded import EmbeddedRedis, free_port
from notifier.environment import PREFIX
from notifier.supervisor import Supervisor
from notifier.wiring import services

_EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*, events: Path | None = None, exit_at_end: bool = False) -> int:
    """Play the sample day, or the user's own ``events``, and print what became of it; return the exit status.

    Everything is kept in a new folder under ``var``. Settings of a real service are left out: a demo must
    never reach a real provider. Raises :class:`~notifier.errors.NotifierError` for a file that cannot be
    read.
    """
    console = Console()
    day = load_day(events or _EXAMPLES / "day.jsonl")
    behaviours = read_behaviours(_EXAMPLES / "outcomes.jsonl" if events is None else None)
    home = _new_home()
    _forget_settings(home)
    port = free_port()
    with ExitStack() as stack:
        redis_server = stack.enter_context(EmbeddedRedis(home / "redis"))
        os.environ |= day.clock_settings(datetime.now(UTC)) | {
            f"{PREFIX}HOME": str(home),
            f"{PREFIX}REDIS_URL": redis_server.url,
            f"{PREFIX}HTTP_PORT": str(port),
            f"{PREFIX}PUBLIC_URL": f"http://127.0.0.1:{port}",
            f"{PREFIX}LETTER_DIR": str(home / "letters"),
        }
        ours = stack.enter_context(services())
        peers = stack.enter_context(start_peers(behaviours, ours, port))
        os.environ |= peer_settings(peers)
        (home / "logs").mkdir()
        supervisor = stack.enter_context(Supervisor(os.environ, log_dir=home / "logs"))
        stage = Stage(day, ours, peers, supervisor, redis_server.url, home)
        play(stage, console)
        summary = summarise(stage)
        show_summary(console, summary, keep_one_of_each(stage))
        if not exit_at_end:
            show_places(console, stage)
            stay_up(stage)
    return 1 if summary.lost else 0


def _new_home() -> Path:
    """Make the folder of this run."""
    home = Path("var", f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}").absolute()
    home.mkdir(mode=0o700, parents=True)
    return home


def _forget_settings(home: Path) -> None:
    """Leave the settings of a real service behind: the variables, and a ``.env`` beside which we started."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.chdir(home)
