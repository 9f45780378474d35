"""The tables: the one source of truth for what is due, sent, held and escalated.

Columns named ``*_sealed`` hold personal data, encrypted; columns named ``*_hash`` are keyed hashes.
All times are UTC. The migrations build the same tables; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An instant: refuses naive values, stores UTC, gives aware UTC back on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; raises ``ValueError`` for a naive value."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a naive time was given to the store; every time carries an offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the instant back in UTC."""
        if value is None:
            return None
        if value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite gives keys out by itself only for INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")


def _key() -> Column[int]:
    return Column("pk", _Key, primary_key=True)


def _index_where(name: str, column: Column[Any], *, where: ColumnElement[bool]) -> None:
    """Index the few rows of a large table that are asked for."""
    Index(name, column, sqlite_where=where, postgresql_where=where)


def _link(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(f"{name}_pk", ForeignKey(f"{name}s.pk"), nullable=optional)


events = Table(
    "events",
    metadata,
    _key(),
    Column("source", String(500), nullable=False),
    Column("event_id", String(500), nullable=False),
    Column("type", String(100), nullable=False),
    Column("case_id", String(200), nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("arrived_at", UtcTime, nullable=False),
    Column("backfill", Boolean, nullable=False),
    Column("data_sealed", LargeBinary, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("repeats", Integer, nullable=False, default=0),
    Column("planned_at", UtcTime),
    Column("problem", String(200)),
    Column("planners_lost", Integer, nullable=False, default=0, server_default="0"),
    UniqueConstraint("source", "event_id"),
    Index("ix_events_case", "case_id", "pk"),
)
_index_where("ix_events_unplanned", events.c.pk, where=events.c.planned_at.is_(None))
_index_where("ix_events_problem", events.c.pk, where=events.c.problem.is_not(None))

sources = Table(
    "sources",
    metadata,
    _key(),
    Column("source", String(500), nullable=False, unique=True),
    Column("first_at", UtcTime, nullable=False),
    Column("check_at", UtcTime),
    Column("silent_since", UtcTime),
    Index("ix_sources_check", "check_at"),
)

publications = Table(
    "publications",
    metadata,
    Column("source_pk", ForeignKey("sources.pk"), primary_key=True),
    Column("minute", UtcTime, primary_key=True),
)

rejections = Table(
    "rejections",
    metadata,
    _key(),
    Column("at", UtcTime, nullable=False),
    Column("door", String(20), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("body_hash", String(64), nullable=False, unique=True),
    Column("done_at", UtcTime),
    Column("done_by", String(200)),
    Column("outcome", String(200)),
)

_index_where("ix_rejections_waiting", rejections.c.pk, where=rejections.c.done_at.is_(None))

cases = Table(
    "cases",
    metadata,
    _key(),
    Column("case_id", String(200), nullable=False, unique=True),
    Column("opened_at", UtcTime),
    Column("closure", String(10)),
    Column("profile_sealed", LargeBinary, nullable=False),
    Column("force", String(200)),
    Column("officer_id", String(200)),
    Column("supervisor_id", String(200)),
    Column("unit_id", String(200)),
    Column("reference_hash", String(64)),
    Index("ix_cases_reference", "reference_hash"),
    Index("ix_cases_force", "force", "pk"),
    Index("ix_cases_officer", "officer_id"),
)
# Stored by a version that did not fill these columns in yet.
_index_where("ix_cases_bare", cases.c.pk, where=cases.c.opened_at.is_not(None) & cases.c.force.is_(None))

victims = Table(
    "victims",
    metadata,
    _key(),
    Column("victim_id", String(200), nullable=False, unique=True),
    Column("profile_sealed", LargeBinary, nullable=False),
)

registrations = Table(
    "registrations",
    metadata,
    _key(),
    _link("case"),
    _link("victim"),
    Column("event_pk", ForeignKey("events.pk"), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("courtesy_at", UtcTime),
    Column("prompt_at", UtcTime),
    Column("held_until", UtcTime),
    Column("referral_prompt_at", UtcTime),
    Column("referral_due_at", UtcTime),
    UniqueConstraint("case_pk", "victim_pk"),
    Index("ix_registrations_courtesy", "courtesy_at"),
    Index("ix_registrations_prompt", "prompt_at"),
    Index("ix_registrations_referral_prompt", "referral_prompt_at"),
    Index("ix_registrations_referral_due", "referral_due_at"),
    Index("ix_registrations_victim", "victim_pk"),
)

absences = Table(
    "absences",
    metadata,
    _key(),
    Column("event_pk", ForeignKey("events.pk"), nullable=False, unique=True),
    Column("officer_id", String(200), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("cover_sealed", LargeBinary),
    Index("ix_absences_officer", "officer_id"),
)

contact_points = Table(
    "contact_points",
    metadata,
    _key(),
    Column("owner", String(20), nullable=False),
    Column("victim_id", String(200)),
    Column("case_id", String(200)),
    Column("point_id", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    Column("channel", String(10), nullable=False),
    Column("address_sealed", LargeBinary, nullable=False),
    Column("address_hash", String(64), nullable=False),
    Column("safe", Boolean, nullable=False),
    Column("safe_written", Boolean, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("unusable", String(200)),
    Column("failed_at", UtcTime),
    Column("changed_at", UtcTime, nullable=False),
    Index("ix_contact_points_hash", "address_hash"),
    Index("ix_contact_points_victim", "victim_id"),
    # An attempt names the point that it went to: the key of one that is gone must not become another's.
    sqlite_autoincrement=True,
)

notices = Table(
    "notices",
    metadata,
    _key(),
    _link("event", optional=True),
    _link("case"),
    _link("victim"),
    Column("event_type", String(100), nullable=False),
    Column("source", String(500)),
    Column("made_at", UtcTime),
    Column("occurred_at", UtcTime, nullable=False),
    Column("subject", String(250)),
    Column("state", String(20), nullable=False),
    Column("reason", String(100)),
    Column("hold", String(20)),
    Column("tone", String(20), nullable=False),
    Column("queue", String(20), nullable=False),
    Column("deadline", UtcTime),
    Column("at_risk_at", UtcTime),
    Column("send_at", UtcTime),
    Column("leased_until", UtcTime),
    Column("tries", Integer, nullable=False, default=0),
    Column("full_only", Boolean, nullable=False, default=False),
    Column("retried_at", UtcTime),
    UniqueConstraint("event_pk", "victim_pk"),
    Index("ix_notices_due", "state", "send_at"),
    Index("ix_notices_at_risk", "at_risk_at"),
    Index("ix_notices_victim", "victim_pk", "case_pk"),
    Index("ix_notices_case", "case_pk"),
    Index("ix_notices_volume", "source", "event_type", "made_at"),
    Index("ix_notices_hold", "hold"),
)
# Duties with a limit that are not met yet: what is overdue is among them.
_index_where(
    "ix_notices_not_told",
    notices.c.deadline,
    where=notices.c.deadline.is_not(None)
    & notices.c.state.in_(["planned", "held", "sending", "with_person", "uncertain", "failed"]),
)
_index_where("ix_notices_held", notices.c.reason, where=notices.c.state == "held")
_index_where("ix_notices_deadline", notices.c.deadline, where=notices.c.deadline.is_not(None))

attempts = Table(
    "attempts",
    metadata,
    _key(),
    Column("ref", String(32), nullable=False, unique=True),
    _link("case", optional=True),
    _link("victim", optional=True),
    Column("point_pk", _Key),
    Column("role", String(20), nullable=False),
    Column("person_id", String(200), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("wording", String(10), nullable=False),
    Column("tone", String(20), nullable=False),
    Column("event_type", String(100), nullable=False),
    Column("message_sealed", LargeBinary, nullable=False),
    Column("why", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False, default=1),
    Column("provider", String(20)),
    Column("provider_id", String(100)),
    Column("code", String(50)),
    Column("reason", String(50)),
    Column("created_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("leased_until", UtcTime),
    Column("check_at", UtcTime),
    Column("silence_means", String(20)),
    Index("ix_attempts_check", "check_at"),
    Index("ix_attempts_leased", "state", "leased_until"),
    Index("ix_attempts_provider", "provider_id"),
    Index("ix_attempts_victim", "victim_pk", "sent_at"),
)

# Messages to staff that failed for good.
_index_where(
    "ix_attempts_staff_failed",
    attempts.c.created_at,
    where=(attempts.c.state == "failed") & attempts.c.role.in_(["officer", "supervisor", "unit"]),
)

attempt_notices = Table(
    "attempt_notices",
    metadata,
    Column("attempt_pk", ForeignKey("attempts.pk"), primary_key=True),
    Column("notice_pk", ForeignKey("notices.pk"), primary_key=True),
    Index("ix_attempt_notices_notice", "notice_pk"),
)

receipts = Table(
    "receipts",
    metadata,
    _key(),
    Column("attempt_pk", ForeignKey("attempts.pk"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("code", String(50), nullable=False, default=""),
    Column("at", UtcTime, nullable=False),
    Column("moved", Boolean, nullable=False),
    UniqueConstraint("attempt_pk", "state"),
)

tasks = Table(
    "tasks",
    metadata,
    _key(),
    Column("cause", String(300), nullable=False),
    Column("kind", String(30), nullable=False),
    _link("case"),
    _link("victim", optional=True),
    _link("event", optional=True),
    Column("person_id", String(200)),
    Column("safety", Boolean, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("deadline", UtcTime),
    Column("escalate_at", UtcTime),
    Column("text_sealed", LargeBinary),
    Column("done_at", UtcTime),
    Column("done_by", String(200)),
    Column("outcome", String(500)),
    Column("in_hand_of", String(200)),
    Index("ix_tasks_cause", "cause"),
    Index("ix_tasks_escalate", "escalate_at"),
    Index("ix_tasks_case", "case_pk"),
)
_index_where("ix_tasks_open", tasks.c.pk, where=tasks.c.done_at.is_(None))

escalations = Table(
    "escalations",
    metadata,
    _key(),
    Column("cause", String(700), nullable=False),
    Column("reason", String(50), nullable=False),
    Column("source", String(500)),
    Column("event_type", String(100)),
    _link("case", optional=True),
    _link("victim", optional=True),
    _link("event", optional=True),
    Column("level", Integer, nullable=False),
    Column("safety", Boolean, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("climb_at", UtcTime),
    Column("acknowledged_at", UtcTime),
    Column("acknowledged_by", String(200)),
    Column("resolved_at", UtcTime),
    Column("outcome", String(500)),
    Column("repeats", Integer, nullable=False, default=0),
    Column("in_hand_of", String(200)),
    Index("ix_escalations_climb", "climb_at"),
    Index("ix_escalations_cause", "cause"),
    Index("ix_escalations_case", "case_pk"),
)
_index_where("ix_escalations_open", escalations.c.pk, where=escalations.c.resolved_at.is_(None))

journal = Table(
    "journal",
    metadata,
    _key(),
    Column("at", UtcTime, nullable=False),
    Column("what", String(20), nullable=False),
    _link("case", optional=True),
    _link("victim", optional=True),
    _link("event", optional=True),
    _link("attempt", optional=True),
    Column("event_type", String(100)),
    Column("event_ids", JSON),
    Column("person_id", String(200)),
    Column("role", String(20)),
    Column("channel", String(10)),
    Column("language", String(5)),
    Column("kind", String(30)),
    Column("ref", String(20)),
    Column("level", Integer),
    Column("reason", String(100)),
    Column("deadline", UtcTime),
    Column("why", JSON, nullable=False),
    Column("detail_sealed", LargeBinary),
    Column("fact_id", _Key, unique=True),
    Index("ix_journal_case", "case_pk", "pk"),
    Index("ix_journal_event", "event_pk"),
)
_index_where("ix_journal_unpublished", journal.c.pk, where=journal.c.fact_id.is_(None))
# What could not be delivered, by its time: few lines among many.
_index_where("ix_journal_failed", journal.c.at, where=journal.c.what.in_(["failed", "unconfirmed"]))

publisher_keys = Table(
    "publisher_keys",
    metadata,
    _key(),
    Column("source", String(500), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("made_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

replies = Table(
    "replies",
    metadata,
    _key(),
    Column("identity_hash", String(64), nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    Column("channel", String(10), nullable=False),
    Column("address_sealed", LargeBinary, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    _link("case", optional=True),
    _link("victim", optional=True),
)

_index_where("ix_replies_unknown", replies.c.pk, where=replies.c.case_pk.is_(None))

providers = Table(
    "providers",
    metadata,
    _key(),
    Column("name", String(20), nullable=False, unique=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("out_since", UtcTime),
    Column("trial_at", UtcTime),
)
