"""The peer's two tasks."""

# celery ships no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from functools import cache

import requests
from celery import Celery
from jinja2 import Environment, StrictUndefined, Template
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bench.peer.model import PUBLIC_URL, REDIS_URL, TWILIO_URL, Event, Notice, Victim, fernet, sessions
from bench.settings import ACCOUNT, TOKEN

_TIMEOUT_SECONDS = 10
_TEXT = (
    "This is {{ force }} Police, about your case, {{ reference }}. A suspect was arrested on {{ day }}. "
    "We can now question them. An arrest is not yet a charge. "
    "We will tell you if they are released or charged."
)
_of_thread = threading.local()

app = Celery("peer", broker=os.environ.get(REDIS_URL))
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=4,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


@cache
def _template() -> Template:
    return Environment(autoescape=False, undefined=StrictUndefined).from_string(_TEXT)


def _http() -> requests.Session:
    """Return this thread's session: it keeps its connection."""
    session: requests.Session | None = getattr(_of_thread, "session", None)
    if session is None:
        session = _of_thread.session = requests.Session()
        session.auth = (ACCOUNT, TOKEN)
        session.trust_env = False
    return session


@app.task  # type: ignore[untyped-decorator]  # Celery ships no types
def take_in(document: str) -> None:
    """Record an event once, and the notice that it asks for."""
    event = json.loads(document)
    data = event["data"]
    with sessions()() as session:
        sealed = fernet().encrypt(json.dumps(data).encode())
        row = Event(event_id=event["id"], case_id=data["case_id"], type=event["type"], data=sealed)
        session.add(row)
        try:
            session.flush()
        except IntegrityError:  # a repeat
            return
        victim = session.scalar(select(Victim).where(Victim.case_id == data["case_id"]))
        if victim is None or not victim.wants_news:
            session.commit()
            return
        notice = Notice(event_pk=row.pk, victim_pk=victim.pk, state="planned")
        session.add(notice)
        session.commit()
    deliver.delay(notice.pk)


@app.task  # type: ignore[untyped-decorator]  # Celery ships no types
def deliver(notice_pk: int) -> None:
    """Send a notice, once, and record the answer."""
    with sessions()() as session:
        query = select(Notice, Victim).join(Victim).where(Notice.pk == notice_pk).with_for_update(of=Notice)
        notice, victim = session.execute(query).one()
        if notice.state != "planned":
            return
        text = _template().render(force="Example", reference=victim.reference, day="1 April")
        notice.state, notice.text = "sending", fernet().encrypt(text.encode())
        session.commit()
        sid = _post(fernet().decrypt(victim.number).decode(), text, notice.pk)
        accepted = {"state": "accepted", "provider_id": sid, "changed_at": datetime.now(UTC)}
        # Its callback may have been here first.
        still = (Notice.pk == notice.pk) & (Notice.state == "sending")
        session.execute(update(Notice).where(still).values(**accepted))
        session.commit()


def _post(number: str, text: str, notice_pk: int) -> str:
    url = f"{os.environ[TWILIO_URL]}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    callback = f"{os.environ[PUBLIC_URL]}/receipts?notice={notice_pk}"
    form = {"To": number, "From": "+441632960000", "Body": text, "StatusCallback": callback}
    answer = _http().post(url, data=form, timeout=_TIMEOUT_SECONDS)
    answer.raise_for_status()
    return str(answer.json()["sid"])
