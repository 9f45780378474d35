"""The bare loop: what is left when everything is taken away that makes a message right."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from bench import providers
from bench.bare.sender import AT_ONCE
from bench.cases import conninfo
from bench.children import child
from bench.figures import Figure, Scale, repeated
from bench.machine import ground, processor_seconds_of
from bench.providers import Counted
from bench.rounds import UNITS, WARM, Rounds
from bench.service import publish, wait_for

NAME = "bare"
_TEXT = (
    "This is Example Police, about your case, EX/00000000/26. A suspect was arrested on 1 April. We can now "
    "question them. An arrest is not yet a charge. We will tell you if they are released or charged."
)


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield rate and processor time on PostgreSQL."""
    with providers.sms() as provider, running(provider) as bare:
        bare.turn(WARM)
        note = f"{AT_ONCE} calls at once"
        yield from repeated(NAME, partial(bare.turn, scale.notices), UNITS, scale, "postgresql", note)


@contextmanager
def running(provider: Counted) -> Iterator[Rounds]:
    """Run the bare loop over ``provider``."""
    with ExitStack() as stack:
        place = stack.enter_context(ground("postgresql"))
        sender = ["bench.bare.sender", "--redis", place.redis_url, "--database", conninfo(place.database_url)]
        sender += ["--provider", provider.url, "--callback", f"{place.web_url}/receipts/sms"]
        commands = {"sender": [*sender, "--text", _TEXT], "door": ["bench.bare.door", str(place.web_port)]}
        logs = {name: place.home / f"{name}.log" for name in commands}
        processes = {
            name: stack.enter_context(child(command, os.environ, logs[name]))
            for name, command in commands.items()
        }
        wait_for(
            "the bare loop is ready", lambda: all("ready" in log.read_text() for log in logs.values()), 60
        )
        yield Rounds(
            provider.settled,
            partial(publish, place.redis_url),
            partial(processor_seconds_of, processes | place.servers),
        )
