"""One SMS, one email and one letter of the day, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Row, select

from notifier.demo.stage import Stage
from notifier.sms_text import measure
from notifier.store import attempts as stored
from notifier.store.database import Tx
from notifier.store.tables import attempts


@dataclass(frozen=True, slots=True)
class Keepsakes:
    """What the stranger may open; ``None`` where the day had none."""

    sms: str | None
    segments: int
    email: Path | None
    subject: str | None
    letter: Path | None


def keep_one_of_each(stage: Stage) -> Keepsakes:
    """Choose the newest of each channel and write the email where it can be opened."""
    with stage.services.store.begin() as tx:
        text = _newest(tx, "sms")
        letter = _newest(tx, "letter")
        mail = _newest(tx, "email")
    email, subject = _save(stage, mail) if mail else (None, None)
    return Keepsakes(
        sms=text.message.rendered.text if text else None,
        segments=measure(text.message.rendered.text).segments if text else 0,
        email=email,
        subject=subject,
        letter=stage.home / "letters" / f"{letter.ref}.pdf" if letter else None,
    )


def _newest(tx: Tx, channel: str) -> stored.Attempt | None:
    """Return the newest message that arrived by a channel; one about an event rather than a courtesy."""
    arrived = attempts.c.state.in_(("accepted", "delivered")) & (attempts.c.channel == channel)
    told = arrived & attempts.c.role.in_(("victim", "representative"))
    order = ((attempts.c.event_type == "courtesy"), attempts.c.pk.desc())
    row: Row[tuple[int]] | None = tx.first(select(attempts.c.pk).where(told).order_by(*order).limit(1))
    return stored.load(tx, row.pk) if row else None


def _save(stage: Stage, mail: stored.Attempt) -> tuple[Path | None, str | None]:
    for message in stage.peers.mail.messages:
        if mail.ref in message.message_id:
            file = stage.home / "email.eml"
            file.write_bytes(message.raw)
            return file, mail.message.rendered.subject
    return None, None
