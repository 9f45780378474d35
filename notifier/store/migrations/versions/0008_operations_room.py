"""The operations room: accounts, the log of what is looked at, notes, duties as they were met."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notifier.store.ops_tables import ONLY_ADDED_TO
from notifier.store.tables import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OF_CASES = ("force", "officer_id", "supervisor_id", "unit_id")
_TABLES = (
    *("totals", "sweeps", "digests", "counted_days", "duty_lapses", "duty_days", "notes"),
    *("access_log", "sign_ins", "accounts"),
)


def upgrade() -> None:
    for name in _OF_CASES:
        op.add_column("cases", sa.Column(name, sa.String(length=200), nullable=True))
    op.add_column("cases", sa.Column("reference_hash", sa.String(length=64), nullable=True))
    op.create_index("ix_cases_reference", "cases", ["reference_hash"])
    op.create_index("ix_cases_force", "cases", ["force", "pk"])
    op.create_index("ix_cases_officer", "cases", ["officer_id"])
    for table in ("tasks", "escalations"):
        op.add_column(table, sa.Column("in_hand_of", sa.String(length=200), nullable=True))
    _index_the_few()
    _make_accounts()
    _make_log_and_notes()
    _make_duties()
    op.create_table(
        "digests",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("day", "person_id", name=op.f("pk_digests")),
    )
    op.create_table(
        "sweeps",
        sa.Column("part", sa.String(length=50), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_sweeps")),
    )
    _make_totals()


def _index_the_few() -> None:
    to_staff = "role IN ('officer', 'supervisor', 'unit')"
    waiting = "('planned', 'held', 'sending', 'with_person', 'uncertain', 'failed')"
    for name, table, column, where in (
        ("ix_cases_bare", "cases", "pk", "opened_at IS NOT NULL AND force IS NULL"),
        ("ix_events_problem", "events", "pk", "problem IS NOT NULL"),
        ("ix_notices_not_told", "notices", "deadline", f"deadline IS NOT NULL AND state IN {waiting}"),
        ("ix_notices_held", "notices", "reason", "state = 'held'"),
        ("ix_notices_deadline", "notices", "deadline", "deadline IS NOT NULL"),
        ("ix_replies_unknown", "replies", "pk", "case_pk IS NULL"),
        ("ix_rejections_waiting", "rejections", "pk", "done_at IS NULL"),
        ("ix_attempts_staff_failed", "attempts", "created_at", f"state = 'failed' AND {to_staff}"),
        ("ix_tasks_open", "tasks", "pk", "done_at IS NULL"),
        ("ix_escalations_open", "escalations", "pk", "resolved_at IS NULL"),
        ("ix_journal_failed", "journal", "at", "what IN ('failed', 'unconfirmed')"),
    ):
        condition = sa.text(where)
        op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=True),
        sa.Column("subject", sa.String(length=500), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("force", sa.String(length=200), nullable=True),
        sa.Column("staff_id", sa.String(length=200), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_accounts_issuer_subject")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("account_pk", _KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_pk"], ["accounts.pk"], name=op.f("fk_sign_ins_account_pk_accounts")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index("ix_sign_ins_account", "sign_ins", ["account_pk"])


def _make_log_and_notes() -> None:
    op.create_table(
        "access_log",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("force", sa.String(length=200), nullable=True),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("about", sa.String(length=50), nullable=True),
        sa.Column("case_pk", _KEY, nullable=True),
        sa.Column("victim_pk", _KEY, nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_access_log")),
    )
    op.create_index("ix_access_log_at", "access_log", ["at"])
    op.create_index("ix_access_log_account", "access_log", ["account", "at"])
    op.create_index("ix_access_log_force", "access_log", ["force", "at"])
    op.create_index("ix_access_log_case", "access_log", ["case_pk"])
    for statement in ONLY_ADDED_TO[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "notes",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("case_pk", _KEY, nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_notes_case_pk_cases")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_ref", "notes", ["ref"])
    op.create_index("ix_notes_case", "notes", ["case_pk"])


def _make_duties() -> None:
    op.create_table(
        "duty_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("force", sa.String(length=200), nullable=False),
        sa.Column("unit_id", sa.String(length=200), nullable=False),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("met", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "force", "unit_id", "event_type", name=op.f("pk_duty_days")),
    )
    op.create_table(
        "duty_lapses",
        sa.Column("notice_pk", _KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("force", sa.String(length=200), nullable=False),
        sa.Column("unit_id", sa.String(length=200), nullable=False),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["notice_pk"], ["notices.pk"], name=op.f("fk_duty_lapses_notice_pk_notices")),
        sa.PrimaryKeyConstraint("notice_pk", name=op.f("pk_duty_lapses")),
    )
    op.create_index("ix_duty_lapses_day", "duty_lapses", ["day", "force"])
    op.create_table(
        "counted_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_counted_days")),
    )


def _make_totals() -> None:
    op.create_table(
        "totals",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "channel", "result", "reason", name=op.f("pk_totals")),
    )
    # What was written before is history: counted now it would look like a burst.
    op.execute(
        "INSERT INTO totals (name, channel, result, reason, value) "
        "SELECT 'journal', '', '', '', coalesce(max(fact_id), 0) FROM journal"
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
    for name, table in (
        ("ix_cases_bare", "cases"),
        ("ix_events_problem", "events"),
        ("ix_notices_not_told", "notices"),
        ("ix_notices_held", "notices"),
        ("ix_notices_deadline", "notices"),
        ("ix_replies_unknown", "replies"),
        ("ix_rejections_waiting", "rejections"),
        ("ix_attempts_staff_failed", "attempts"),
        ("ix_tasks_open", "tasks"),
        ("ix_escalations_open", "escalations"),
        ("ix_journal_failed", "journal"),
        ("ix_cases_officer", "cases"),
        ("ix_cases_force", "cases"),
        ("ix_cases_reference", "cases"),
    ):
        op.drop_index(name, table)
    for table in ("tasks", "escalations"):
        op.drop_column(table, "in_hand_of")
    for name in ("reference_hash", *reversed(_OF_CASES)):
        op.drop_column("cases", name)
