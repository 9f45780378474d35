"""One SMS, one email and one letter of the day, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Row, select

from notifier.demo.providers import TO_VICTIMS, mail_refs
from notifier.demo.stage import LETTERS, Stage
from notifier.rules.compliance import ARRIVED
from notifier.sms_text import measure
from notifier.store import cases
from notifier.store.attempts import Attempt, content, load
from notifier.store.database import Tx
from notifier.store.tables import attempts


@dataclass(frozen=True, slots=True)
class Keepsakes:
    """What the stranger may open, and a case to ask about; ``None`` where the day had none."""

    sms: str | None
    segments: int
    email: Path | None
    subject: str | None
    letter: Path | None
    case_id: str | None


def keep_one_of_each(stage: Stage) -> Keepsakes:
    """Choose the newest of each channel and write the email where it can be opened."""
    with stage.services.store.begin() as tx:
        text, mail, letter = (_newest(tx, name) for name in ("sms", "email", "letter"))
        told = text or mail or letter
        case_id = cases.load(tx, told.case_pk).case_id if told and told.case_pk else None
        sms, subject = (content(tx, one.pk).message.rendered if one else None for one in (text, mail))
    return Keepsakes(
        sms=sms.text if sms else None,
        segments=measure(sms.text).segments if sms else 0,
        email=_save(stage, mail) if mail else None,
        subject=subject.subject if subject else None,
        letter=stage.home / LETTERS / f"{letter.ref}.pdf" if letter else None,
        case_id=case_id,
    )


def _newest(tx: Tx, channel: str) -> Attempt | None:
    """Return the newest message that arrived by a channel; one about an event rather than a courtesy."""
    told = attempts.c.state.in_(ARRIVED) & attempts.c.role.in_(TO_VICTIMS) & (attempts.c.channel == channel)
    order = ((attempts.c.event_type == "courtesy"), attempts.c.pk.desc())
    row: Row[tuple[int]] | None = tx.first(select(attempts.c.pk).where(told).order_by(*order).limit(1))
    return load(tx, row.pk) if row else None


def _save(stage: Stage, mail: Attempt) -> Path:
    """Write the mail as the mail server has it."""
    sent = zip(mail_refs(stage), stage.peers.mail.messages, strict=True)
    raw = next(message.raw for ref, message in sent if ref == mail.ref)
    file = stage.home / "email.eml"
    file.write_bytes(raw)
    return file
