"""Reads events in batches, inserts a row for each in one statement, calls the provider side by side.

python -m bench.bare.sender --redis URL --database CONNINFO --provider URL --callback URL --text TEXT
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import psycopg
import redis
import urllib3

from bench.documents import number
from bench.settings import ACCOUNT, STREAM, TOKEN
from notifier.event_queue import FIELD

AT_ONCE = 16
_BATCH = 500
_TABLE = "CREATE TABLE IF NOT EXISTS bare (pk bigserial PRIMARY KEY, case_id text, address text, body text)"
_INSERT = "INSERT INTO bare (case_id, address, body) VALUES (%s, %s, %s)"


class Sender:
    """One connection to everything."""

    def __init__(self, provider: str, callback: str, text: str) -> None:
        self._url = f"{provider}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        self._callback = callback
        self._text = text
        self._http = urllib3.PoolManager(maxsize=AT_ONCE)
        self._headers = {
            **urllib3.make_headers(basic_auth=f"{ACCOUNT}:{TOKEN}"),
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def take(
        self, connection: psycopg.Connection[Any], documents: list[str], pool: ThreadPoolExecutor
    ) -> None:
        """Record and send one batch."""
        case_ids = [json.loads(document)["data"]["case_id"] for document in documents]
        rows = [(case_id, number(int(case_id[1:])), self._text) for case_id in case_ids]
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
        list(pool.map(self._send, rows))

    def _send(self, row: tuple[str, str, str]) -> None:
        case_id, address, text = row
        form = {
            "To": address,
            "From": "+441632960000",
            "Body": text,
            "StatusCallback": f"{self._callback}?attempt={case_id}",
        }
        answer = self._http.request("POST", self._url, body=urlencode(form), headers=self._headers)
        if answer.status != 201:
            raise RuntimeError(f"the provider answers {answer.status}")


def main() -> None:
    """Send until the process is ended."""
    parser = argparse.ArgumentParser(description="The bare loop's sender.")
    for name in ("redis", "database", "provider", "callback", "text"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    sender, last = Sender(given.provider, given.callback, given.text), "0"
    with (
        redis.Redis.from_url(given.redis, decode_responses=True) as client,
        psycopg.connect(given.database, autocommit=True) as connection,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        connection.execute(_TABLE)
        print("ready", flush=True)
        while True:
            for _, entries in client.xread({STREAM: last}, count=_BATCH, block=1_000):
                sender.take(connection, [entry[FIELD] for _, entry in entries], pool)
                last = entries[-1][0]


if __name__ == "__main__":
    main()
