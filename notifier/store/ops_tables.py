"""The tables of the operations room: who may sign in, what was looked at, duties as they were met.

:data:`metadata` holds these and all others.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    event,
)

from notifier.store.tables import UtcTime
from notifier.store.tables import metadata as metadata  # with the tables below it is whole: take it from here

_Key = BigInteger().with_variant(Integer, "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("pk", _Key, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("issuer", String(500)),
    Column("subject", String(500)),
    Column("password_hash", String(200)),
    Column("role", String(20), nullable=False),
    Column("force", String(200)),  # none: every force
    Column("staff_id", String(200)),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("failures", Integer, nullable=False, default=0, server_default="0"),
    Column("locked_until", UtcTime),
    UniqueConstraint("issuer", "subject"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("pk", _Key, primary_key=True),
    Column("account_pk", ForeignKey("accounts.pk"), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("made_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Index("ix_sign_ins_account", "account_pk"),
)

# Who did what to which record: keys only, so that what is erased is not kept here.
access_log = Table(
    "access_log",
    metadata,
    Column("pk", _Key, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("account", String(200), nullable=False),
    Column("role", String(20)),
    Column("force", String(200)),
    Column("action", String(50), nullable=False),
    Column("about", String(50)),
    Column("case_pk", _Key),
    Column("victim_pk", _Key),
    Index("ix_access_log_at", "at"),
    Index("ix_access_log_account", "account", "at"),
    Index("ix_access_log_force", "force", "at"),
    Index("ix_access_log_case", "case_pk"),
)

_REFUSE_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''the log is only ever added to''; END'",
    "CREATE TRIGGER access_log_stands BEFORE UPDATE OR DELETE ON access_log "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
)
_REFUSE_SQLITE = tuple(
    f"CREATE TRIGGER access_log_no_{action.lower()} BEFORE {action} ON access_log "
    "BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END"
    for action in ("UPDATE", "DELETE")
)
ONLY_ADDED_TO = {"postgresql": _REFUSE_POSTGRESQL, "sqlite": _REFUSE_SQLITE}
"""What has the database itself refuse to change the log, by its kind."""

for _kind, _statements in ONLY_ADDED_TO.items():
    for _statement in _statements:
        _made = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this one untyped
        event.listen(access_log, "after_create", _made.execute_if(dialect=_kind))

notes = Table(
    "notes",
    metadata,
    Column("pk", _Key, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("account", String(200), nullable=False),
    Column("ref", String(20), nullable=False),  # a task (T3) or an escalation (E7)
    Column("case_pk", ForeignKey("cases.pk")),
    Column("text_sealed", LargeBinary, nullable=False),
    Index("ix_notes_ref", "ref"),
    Index("ix_notes_case", "case_pk"),
)

# How many duties of a day were met, late or missed: counted again and again while they may still change.
duty_days = Table(
    "duty_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("force", String(200), primary_key=True),
    Column("unit_id", String(200), primary_key=True),
    Column("event_type", String(100), primary_key=True),
    Column("met", Integer, nullable=False),
    Column("late", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
)

# The duties behind the numbers that are not as they should be.
duty_lapses = Table(
    "duty_lapses",
    metadata,
    Column("notice_pk", ForeignKey("notices.pk"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("force", String(200), nullable=False),
    Column("unit_id", String(200), nullable=False),
    Column("event_type", String(100), nullable=False),
    Column("result", String(10), nullable=False),
    Index("ix_duty_lapses_day", "day", "force"),
)

counted_days = Table(
    "counted_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("counted_at", UtcTime, nullable=False),
)

# A supervisor's digest of a day is sent once.
digests = Table(
    "digests",
    metadata,
    Column("day", Date, primary_key=True),
    Column("person_id", String(200), primary_key=True),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("part", String(50), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("seconds", Float, nullable=False),
)

# How often something happened since it is counted: only ever more. One row is the cursor in the journal.
totals = Table(
    "totals",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("channel", String(10), primary_key=True),
    Column("result", String(20), primary_key=True),
    Column("reason", String(50), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
