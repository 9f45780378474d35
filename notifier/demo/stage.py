"""Everything that runs during the demo: Redis, the peers, the roles, each on the same clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from notifier.clock import Clock
from notifier.demo.home import write_settings
from notifier.demo.peers import Peers, peer_settings, start_peers
from notifier.embedded import EmbeddedRedis
from notifier.settings import Settings, load_keys
from notifier.supervisor import Supervisor
from notifier.wiring import Services, services

LETTERS, LOGS = "letters", "logs"


@dataclass(frozen=True, slots=True)
class Stage:
    """The running parts; ``home`` is the folder with all that they keep."""

    home: Path
    url: str
    redis_url: str
    services: Services
    peers: Peers
    supervisor: Supervisor


@contextmanager
def set_stage(home: Path, clock: Clock, behaviours: Mapping[str, str], web_port: int) -> Iterator[Stage]:
    """Run everything in ``home``, which is the current folder, on ``clock``.

    What an earlier stage left in ``home`` goes on. Settings reach the roles, and any command that is started
    there, by its ``.env``.
    """
    (home / LOGS).mkdir(exist_ok=True)
    url = f"http://127.0.0.1:{web_port}"
    secret = load_keys(Settings(home=home)).secret_key.get_secret_value()
    with (
        EmbeddedRedis(home / "redis") as redis_server,
        start_peers(behaviours, clock, secret, bounce_url=f"{url}/receipts/email") as peers,
    ):
        own = {
            "HOME": ".",
            "LETTER_DIR": LETTERS,
            "REDIS_URL": redis_server.url,
            "HTTP_PORT": str(web_port),
            "PUBLIC_URL": url,
        }
        write_settings(home, own | _clock_settings(clock) | peer_settings(peers))
        # A proxy that leads out of this machine does not lead to the peers.
        environment = {**os.environ, "no_proxy": "127.0.0.1"}
        with services() as ours, Supervisor(environment, log_dir=home / LOGS) as supervisor:
            yield Stage(home, url, redis_server.url, ours, peers, supervisor)


def _clock_settings(clock: Clock) -> dict[str, str]:
    return {
        "CLOCK_EPOCH_REAL": clock.epoch_real.isoformat(),
        "CLOCK_EPOCH_VIRTUAL": clock.epoch_virtual.isoformat(),
        "CLOCK_SPEED": str(clock.speed),
    }
