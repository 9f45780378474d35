"""The peer's tables and settings."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache

from cryptography.fernet import Fernet
from sqlalchemy import BigInteger, DateTime, Engine, ForeignKey, Integer, LargeBinary, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

DATABASE_URL, REDIS_URL, TWILIO_URL, PUBLIC_URL = (
    f"PEER_{name}" for name in ("DATABASE_URL", "REDIS_URL", "TWILIO_URL", "PUBLIC_URL")
)
DATA_KEY = b"a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
_KEY = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables."""


class Event(Base):
    """An event, once."""

    __tablename__ = "peer_events"
    pk: Mapped[int] = mapped_column(_KEY, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(200), unique=True)
    case_id: Mapped[str] = mapped_column(String(100), index=True)
    type: Mapped[str] = mapped_column(String(100))
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Victim(Base):
    """A victim and the case that is hers."""

    __tablename__ = "peer_victims"
    pk: Mapped[int] = mapped_column(_KEY, primary_key=True)
    case_id: Mapped[str] = mapped_column(String(100), unique=True)
    reference: Mapped[str] = mapped_column(String(100))
    number: Mapped[bytes] = mapped_column(LargeBinary)
    wants_news: Mapped[bool]


class Notice(Base):
    """A message and what became of it."""

    __tablename__ = "peer_notices"
    pk: Mapped[int] = mapped_column(_KEY, primary_key=True)
    event_pk: Mapped[int] = mapped_column(ForeignKey("peer_events.pk"), unique=True)
    victim_pk: Mapped[int] = mapped_column(ForeignKey("peer_victims.pk"), index=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    provider_id: Mapped[str | None] = mapped_column(String(100), index=True)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


@cache
def engine() -> Engine:
    """Return this process's engine."""
    return create_engine(os.environ[DATABASE_URL], pool_size=32, hide_parameters=True)


@cache
def sessions() -> sessionmaker:  # type: ignore[type-arg]  # its argument is a session's class
    """Return what opens sessions in this process."""
    return sessionmaker(engine(), expire_on_commit=False)


@cache
def fernet() -> Fernet:
    """Return what seals personal data."""
    return Fernet(DATA_KEY)
