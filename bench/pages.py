"""The pages of the operations room among many open cases, of which some are red, as a browser gets them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from statistics import quantiles

import httpx
from sqlalchemy import insert, select

from bench import courtesy, providers
from bench.cases import open_cases
from bench.figures import Figure, Measured, Scale, repeated
from bench.machine import Ground, ground
from bench.many_cases import require_disk
from bench.service import running, store
from bench.settings import START
from notifier.records import NoticeState, TaskKind, What
from notifier.store import accounts
from notifier.store.accounts import AccountRole
from notifier.store.database import Tx
from notifier.store.tables import escalations, journal, notices, tasks
from notifier.web.ops.sign_in import hash_of

NAME = "pages"
_FORCE, _NAME, _PASSWORD = "Example", "Sgt Reid", "only for the bench"
_ONE_RED_IN = 500
_FAILURES = 30  # lines about each red case: what a month leaves among a million cases
_TIMES = 40
_CASE, _VICTIM = f"c{_ONE_RED_IN:08d}", f"v{_ONE_RED_IN:08d}"
_PAGES = {
    "Today": "/ops/",
    "Work list": "/ops/work?whose=all",
    "Work list, page 20": "/ops/work?whose=all&page=20",
    "Work list, mine": "/ops/work?whose=mine",
    "Work list, my team's": "/ops/work?whose=team",
    "A task": "/ops/work/T1",
    "Duties overdue": "/ops/due?when=overdue",
    "Case": f"/ops/case?id={_CASE}",
    "Contact plan": f"/ops/plan?case={_CASE}&victim={_VICTIM}",
    "Failures": "/ops/failures",
    "A failure": f"/ops/failures/notice?id={2 * _ONE_RED_IN}",
    "Held": "/ops/held",
    "Duties": f"/ops/duties?month={START:%Y-%m}",
    "Templates": "/ops/templates",
    "Find a reference": f"/ops/find?q=EX/{_ONE_RED_IN:08d}/26",
    "Log": "/ops/log",
    "metrics": "/metrics",
}


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield the 95th percentile of each page's time, and of ``/metrics``."""
    require_disk(scale.cases)
    with ground("postgresql") as place, providers.sms() as provider:
        open_cases(place, provider, scale.cases)
        courtesy.nothing_due(place)
        red = _make_red(place)
        note = f"{scale.cases:,} open cases, {red:,} of them red"
        with (
            running(place, provider.settings, roles=["web", "scheduler"]),
            httpx.Client(base_url=place.web_url, timeout=60, trust_env=False) as browser,
        ):
            _sign_in(browser)
            for name, path in _PAGES.items():
                what = f"{name}, p95"
                once = partial(_ask, browser, path, what)
                yield from repeated(NAME, once, {what: "ms"}, scale, "postgresql", note)


def _ask(browser: httpx.Client, path: str, what: str) -> Measured:
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        answer = browser.get(path)
        taken.append(1000 * (time.perf_counter() - started))
        assert answer.status_code == httpx.codes.OK, f"{path} answers {answer.status_code}"
    return {what: quantiles(taken, n=20, method="inclusive")[18]}


def _sign_in(browser: httpx.Client) -> None:
    answer = browser.post("/ops/sign-in", data={"name": _NAME, "password": _PASSWORD})
    assert answer.status_code == httpx.codes.SEE_OTHER, "the account of the bench cannot sign in"
    assert re.search("Sign out", browser.get("/ops/").text)


def _make_red(place: Ground) -> int:
    """Make some cases ones that nobody can reach, and an account that sees them; return how many."""
    with store(place) as opened, opened.begin() as tx:
        accounts.add(
            tx, _NAME, AccountRole.ADMIN, START, force=_FORCE, staff_id="sup1",
            password_hash=hash_of(_PASSWORD),
        )  # fmt: skip
        # The last notice of each case is the arrest; the one before it acknowledged her report.
        chosen = select(notices).where(notices.c.pk % (2 * _ONE_RED_IN) == 0)
        rows = [dict(row._mapping) for row in tx.all(chosen)]
        for row in rows:
            _make_one_red(tx, row)
        return len(rows)


def _make_one_red(tx: Tx, notice: dict[str, object]) -> None:
    about = {"case_pk": notice["case_pk"], "victim_pk": notice["victim_pk"]}
    yesterday = START - timedelta(days=1)
    overdue = {"state": NoticeState.FAILED, "reason": "no_contact", "deadline": yesterday}
    tx.run(notices.update().where(notices.c.pk == notice["pk"]).values(**overdue))
    task = {"kind": TaskKind.FIND_CONTACT, "cause": f"bench/{notice['pk']}", "safety": False}
    tx.run(insert(tasks).values(**about, **task, opened_at=yesterday, person_id="off1", escalate_at=None))
    escalation = {"reason": "no_contact", "cause": f"bench/{notice['pk']}", "level": 2, "safety": False}
    tx.run(insert(escalations).values(**about, **escalation, opened_at=yesterday))
    line = {"what": What.FAILED, "channel": "sms", "reason": "bad_address", "why": [], "event_ids": []}
    tx.run(
        insert(journal),
        [{**about, **line, "at": START - timedelta(hours=20 * count)} for count in range(_FAILURES)],
    )
