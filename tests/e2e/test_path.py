"""Five hundred events through the stream, over real sockets, to the end; the same on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from notifier.peers import smtp, twilio
from notifier.store.tables import attempt_notices, attempts, journal, notices
from tests.e2e.events import cases, mailbox, number
from tests.e2e.service import Service, running

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)  # a Tuesday, in working hours
DEAD_NUMBERS = {number(2), number(12)}
SILENT_NUMBERS = {number(4)}
DEAD_MAILBOXES = {mailbox(5), mailbox(12)}
BOUNCING_MAILBOXES = {mailbox(7)}
FINAL = {"told", "failed", "uncertain", "with_person", "held", "suppressed", "cancelled"}


def sms(to: str) -> twilio.Behaviour:
    if to in DEAD_NUMBERS:
        return twilio.refuse(21211)
    return twilio.SILENT if to in SILENT_NUMBERS else twilio.TWICE


def mail(to: str) -> smtp.Behaviour:
    if to in DEAD_MAILBOXES:
        return smtp.refuse("5.1.1")
    return smtp.bounce("5.1.1") if to in BOUNCING_MAILBOXES else smtp.ACCEPT


def test_five_hundred_events_are_told_exactly_once(tmp_path: Path, database_url: str) -> None:
    events = list(cases(50, START, news=8))
    assert len(events) == 500
    with running(tmp_path, database_url, start=START, speed=1_800, sms=sms, mail=mail) as service:
        service.publish(events)
        service.publish(events[:50])  # a publisher that repeats itself
        service.wait("every event is taken in", lambda: service.taken_in() == len(events))
        service.wait("everything has come to its end", service.at_rest)
        assert service.sms.wait_until_idle(10)
        assert service.mail.wait_until_idle(10)
        every_notice_has_ended(service)
        peers_and_records_agree(service)
        each_notice_arrived_once(service)


def every_notice_has_ended(service: Service) -> None:
    """Each notice is in a final state; one that failed has an open escalation."""
    escalated = service.escalated()
    with service.store.begin() as tx:
        rows = tx.all(select(notices).where(notices.c.event_pk.is_not(None)))
    assert len(rows) == 50 * 9
    assert {row.state for row in rows} <= FINAL
    failed = {(row.case_pk, row.victim_pk) for row in rows if row.state == "failed"}
    assert len(failed) == 1  # the victim whose number and mailbox are both dead
    assert failed <= escalated


def peers_and_records_agree(service: Service) -> None:
    """What the providers accepted is exactly what we recorded as sent, each attempt once."""
    with service.store.begin() as tx:
        sent = tx.all(select(attempts).where(attempts.c.provider_id.is_not(None)))
    ours = {
        channel: {row.provider_id for row in sent if row.channel == channel} for channel in ("sms", "email")
    }
    texts = [message.sid for message in service.sms.messages]
    mails = [message.message_id for message in service.mail.messages]
    assert Counter(texts) == Counter(ours["sms"])
    assert set(mails) == ours["email"]
    assert len(mails) == len(set(mails))


def each_notice_arrived_once(service: Service) -> None:
    """No notice arrived by two messages, unless the first one's receipt came after its time was over.

    The clock is so fast that a receipt may come hours late on a busy machine; the rules then ask for the
    next channel.
    """
    joined = attempts.join(attempt_notices).join(notices)
    good = attempts.c.state.in_(("accepted", "delivered", "confirmed"))
    late = select(journal.c.attempt_pk).where(journal.c.what == "unconfirmed")
    with service.store.begin() as tx:
        rows = tx.all(select(notices.c.pk, attempts.c.pk.label("attempt")).select_from(joined).where(good))
        given_up = {row.attempt_pk for row in tx.all(late)}
        told = {row.pk for row in tx.all(select(notices.c.pk).where(notices.c.state == "told"))}
    arrived = Counter(row.pk for row in rows if row.attempt not in given_up)
    assert set(arrived.values()) == {1}
    assert {row.pk for row in rows} == told
