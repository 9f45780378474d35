"""What publishers published and providers received, from their logs: on disk, for it is too much to hold."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.chaos.traffic import Document
from tests.e2e.events import SOURCE

_TABLES = """
CREATE TABLE published (event_id TEXT PRIMARY KEY, case_id TEXT, type TEXT, times INTEGER DEFAULT 1);
CREATE INDEX published_case ON published (case_id);
CREATE TABLE refused (body TEXT PRIMARY KEY);
CREATE TABLE received (ref TEXT PRIMARY KEY, times INTEGER DEFAULT 1, known INTEGER DEFAULT 0);
"""
_AGAIN = "ON CONFLICT DO UPDATE SET times = times + 1"


class Ledger:
    """Both logs, to be asked about some cases and some messages at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._database = connection

    def read_published(self, log: Path) -> None:
        """Read the publisher's log."""
        with self._database, log.open() as lines:
            for line in lines:
                known = json.loads(line)
                if len(known) == 1:
                    self._database.execute("INSERT OR IGNORE INTO refused VALUES (?)", known)
                else:
                    insert = "INSERT INTO published (case_id, event_id, type) VALUES (?, ?, ?)"
                    self._database.execute(f"{insert} {_AGAIN}", known)

    def read_received(self, log: Path) -> None:
        """Read the providers' log."""
        with self._database, log.open() as lines:
            insert = f"INSERT INTO received (ref) VALUES (?) {_AGAIN}"
            self._database.executemany(insert, ((line.strip(),) for line in lines))

    def number(self, table: str) -> int:
        """Return how many different rows a table has."""
        return int(self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def case_ids(self, at_once: int) -> Iterator[list[str]]:
        """Yield every case that something was published about, so many at once."""
        rows = self._database.execute("SELECT DISTINCT case_id FROM published ORDER BY case_id")
        while some := rows.fetchmany(at_once):
            yield [case_id for (case_id,) in some]

    def documents(self, case_ids: Collection[str]) -> dict[tuple[str, str], Document]:
        """Return what was published about these cases, as far as the audit looks at it."""
        query = f"SELECT event_id, type FROM published WHERE case_id IN ({_marks(case_ids)})"
        rows = self._database.execute(query, list(case_ids))
        return {(SOURCE, event_id): {"id": event_id, "type": type_} for event_id, type_ in rows}

    def refused(self) -> Iterator[str]:
        """Yield every document that intake must refuse."""
        yield from (body for (body,) in self._database.execute("SELECT body FROM refused"))

    def received(self, refs: Collection[str]) -> Counter[str]:
        """Return how often providers hold each of these attempts."""
        query = f"SELECT ref, times FROM received WHERE ref IN ({_marks(refs)})"
        return Counter(dict(self._database.execute(query, list(refs))))

    def know(self, refs: Collection[str]) -> None:
        """Note that these attempts are on record."""
        with self._database:
            update = f"UPDATE received SET known = 1 WHERE ref IN ({_marks(refs)})"
            self._database.execute(update, list(refs))

    def unknown(self) -> Iterator[str]:
        """Yield each message of a provider whose attempt nobody noted."""
        yield from (ref for (ref,) in self._database.execute("SELECT ref FROM received WHERE NOT known"))


def _marks(values: Collection[str]) -> str:
    return ",".join("?" * len(values))


@contextmanager
def ledger(path: Path) -> Iterator[Ledger]:
    """Yield an empty ledger that keeps its rows in the new file ``path``."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; {_TABLES}")
        yield Ledger(connection)
