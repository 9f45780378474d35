"""One fault on stage: a running service, its traffic, and the wait until everything has come to rest."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random

import redis
import urllib3
from sqlalchemy import select

from notifier.errors import Unreachable
from notifier.peers import smtp, twilio
from notifier.store import keys
from notifier.store.tables import attempts, notices
from notifier.supervisor import ROLES, Supervisor
from notifier.web.events import BATCH
from tests.chaos import traffic
from tests.chaos.audit import Findings, audit
from tests.chaos.orders import Orders
from tests.chaos.supervising import ObedientRoles
from tests.chaos.traffic import Document
from tests.e2e.events import SOURCE
from tests.e2e.service import Service, running
from tests.servers import Postgres, fresh_database

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)  # a Tuesday
SPEED = 120  # two minutes of the service in each second
PATIENCE_SECONDS = 400  # for a busy machine; what is waited for is normally there in a few


@dataclass(frozen=True, slots=True)
class Setting:
    """How the service is run: the peers' behaviour, settings of its own, and which roles how often."""

    sms: Callable[[str], twilio.Behaviour] = lambda number: twilio.ACCEPT
    mail: Callable[[str], smtp.Behaviour] = lambda address: smtp.ACCEPT
    settings: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Sequence[str]] = field(default_factory=lambda: ROLES)
    lease_seconds: int = 5


@dataclass(slots=True)
class Scene:
    """A running service under a fault; ``cases`` is how many cases a wave of traffic opens."""

    service: Service
    setting: Setting
    orders: Orders
    random: Random
    cases: int
    postgres: Postgres | None = None
    published: list[Document] = field(default_factory=list)
    opened: int = 0
    rounds: int = 0

    def open_cases(self, orders: Sequence[Sequence[str]] = traffic.BY_PHONE_OR_MAIL) -> None:
        """Publish ``cases`` new cases with a victim each; ``orders``: her channels, for case after case."""
        numbers = range(self.opened, self.opened + self.cases)
        self.opened += self.cases
        self.publish(list(traffic.opened(numbers, self.service.clock.now(), orders)))

    def tell_news(self) -> None:
        """Publish one piece of news for each case so far."""
        self.rounds += 1
        now = self.service.clock.now()
        self.publish(list(traffic.news(range(self.opened), now, self.rounds, self.random)))

    def open_silent_cases(self) -> None:
        """Publish ``cases`` cases that are not new: a courtesy update of each is due."""
        numbers = range(self.opened, self.opened + self.cases)
        self.opened += self.cases
        self.publish(list(traffic.silent_for_long(numbers, self.service.clock.now())))

    def tell_safety_news(self) -> None:
        """Post safety news of each case so far to the HTTP door, again until it says that it has it."""
        self.rounds += 1
        documents = list(traffic.safety_news(range(self.opened), self.service.clock.now(), self.rounds))
        with self.service.store.begin() as tx:
            key = keys.add(tx, SOURCE, self.service.clock.now())
        self.wait("the HTTP door takes the events", lambda: self._posted(documents, key))
        self.published += documents

    def _posted(self, documents: Sequence[Document], key: str) -> bool:
        headers = {"Content-Type": BATCH, "Authorization": f"Bearer {key}"}
        url, body = f"{self.service.web}/v1/events", json.dumps(documents)
        answer = urllib3.request("POST", url, body=body, headers=headers, retries=False)
        return answer.status == HTTPStatus.ACCEPTED

    def publish(self, documents: Sequence[Document]) -> None:
        """Put events into the stream, again where Redis does not answer, as publishers are asked to do."""
        self.wait("the stream takes the events", lambda: self._taken(documents))
        self.published += documents

    def _taken(self, documents: Sequence[Document]) -> bool:
        self.service.publish(documents)
        return True

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until something holds; a part of the service that is away just now is waited for too."""
        self.service.wait(what, lambda: asked(holds), PATIENCE_SECONDS)

    def pass_minutes(self, minutes: float) -> None:
        """Let time of the service pass."""
        until = self.service.clock.now() + timedelta(minutes=minutes)
        self.wait("time passes", lambda: self.service.clock.now() >= until)

    def real_seconds(self, minutes: float) -> float:
        """Return how long minutes of the service take."""
        return minutes * 60 / SPEED

    def wait_for_messages(self, more: int) -> None:
        """Wait until the peers hold so many messages more."""
        wanted = self.messages() + more
        self.wait(f"{more} messages more", lambda: self.messages() >= wanted)

    def messages(self) -> int:
        """Return how many messages the peers hold."""
        return len(self.service.sms.messages) + len(self.service.mail.messages)

    def taken_in(self) -> bool:
        """Tell whether every published event is in the database."""
        return self.service.taken_in() >= len({one["id"] for one in self.published})

    def settle(self) -> None:
        """Wait until every event is in and planned, and nothing waits to be sent or asked about."""
        self.wait("every event is taken in", self.taken_in)
        self.wait("everything is with a provider or a person", self.at_rest)

    def over(self) -> bool:
        """Tell whether everything that was published is with a provider or a person."""
        return self.taken_in() and self.at_rest()

    def at_rest(self) -> bool:
        """Tell whether everything that was planned is with a provider or a person."""
        return at_rest(self.service)


def at_rest(service: Service) -> bool:
    """Tell whether everything that was planned is with a provider or a person."""
    if not service.all_planned() or service.unsettled():
        return False
    moving = select(notices.c.pk).where(notices.c.state.in_(("planned", "sending")))
    waiting = select(attempts.c.pk).where((attempts.c.state == "deferred") & attempts.c.check_at.is_not(None))
    with service.store.begin() as tx:
        return tx.first(moving) is None and tx.first(waiting) is None


def asked(holds: Callable[[], bool]) -> bool:
    """Ask whether something holds; a part of the service that is away just now does not say so."""
    try:
        return holds()
    except (Unreachable, redis.RedisError, urllib3.exceptions.HTTPError):
        return False


@contextmanager
def staged(home: Path, database_url: str, setting: Setting, orders: Orders) -> Iterator[Service]:
    """Run the service for one fault."""

    def supervise(environment: Mapping[str, str], log_dir: Path) -> Supervisor:
        return ObedientRoles(environment, orders, setting.roles, log_dir)

    with running(
        home,
        database_url,
        start=START,
        speed=SPEED,
        lease_seconds=setting.lease_seconds,
        sms=setting.sms,
        mail=setting.mail,
        settings={"NOTIFIER_BREAKER": "off", **setting.settings},
        supervise=supervise,
    ) as service:
        yield service


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    fault: str
    done: str
    database: str
    findings: Findings
    seconds: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: what it is, what is done, and the act that does it once everything runs.

    ``prepare`` gives orders before the roles start; ``only_on`` names the one database that it is about.
    """

    name: str
    done: str
    act: Callable[[Scene], None]
    setting: Setting = field(default_factory=Setting)
    prepare: Callable[[Orders, Random], None] = lambda orders, random: None
    only_on: str | None = None

    def run(self, home: Path, *, seed: int, cases: int, postgres: Postgres | None = None) -> Result:
        """Run it on PostgreSQL where one is given, else on SQLite; audit what is left after the stop."""
        started = time.monotonic()
        random = Random(f"{seed} {self.name}")
        orders = Orders(home / "orders")
        self.prepare(orders, random)
        with _database(home, postgres) as url:
            with staged(home, url, self.setting, orders) as service:
                scene = Scene(service, self.setting, orders, random, cases, postgres)
                self.act(scene)
                scene.settle()
                service.sms.wait_until_idle(PATIENCE_SECONDS)
                service.mail.wait_until_idle(PATIENCE_SECONDS)
            findings = audit(service, scene.published)
            service.store.close()
        database = "sqlite" if postgres is None else "postgresql"
        return Result(self.name, self.done, database, findings, time.monotonic() - started)


@contextmanager
def _database(home: Path, postgres: Postgres | None) -> Iterator[str]:
    if postgres is None:
        yield f"sqlite:///{home / 'notifier.db'}"
        return
    with fresh_database(postgres.url) as url:
        yield url
