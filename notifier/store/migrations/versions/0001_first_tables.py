"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notifier.store.tables import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.String(length=200), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("profile_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_cases")),
        sa.UniqueConstraint("case_id", name=op.f("uq_cases_case_id")),
    )
    op.create_table(
        "contact_points",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("victim_id", sa.String(length=200), nullable=True),
        sa.Column("case_id", sa.String(length=200), nullable=True),
        sa.Column("point_id", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("safe", sa.Boolean(), nullable=False),
        sa.Column("safe_written", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("unusable", sa.String(length=200), nullable=True),
        sa.Column("failed_at", UtcTime(), nullable=True),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_contact_points")),
    )
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.create_index("ix_contact_points_hash", ["address_hash"], unique=False)
        batch_op.create_index("ix_contact_points_victim", ["victim_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("event_id", sa.String(length=500), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=200), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.Column("occurred_at", UtcTime(), nullable=False),
        sa.Column("arrived_at", UtcTime(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("data_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_events_source_event_id")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_case", ["case_id", "pk"], unique=False)
        batch_op.create_index(
            "ix_events_unplanned",
            ["pk"],
            unique=False,
            sqlite_where=sa.text("planned_at IS NULL"),
            postgresql_where=sa.text("planned_at IS NULL"),
        )

    op.create_table(
        "publisher_keys",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_publisher_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_publisher_keys_key_hash")),
    )
    op.create_table(
        "rejections",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_rejections")),
        sa.UniqueConstraint("body_hash", name=op.f("uq_rejections_body_hash")),
    )
    op.create_table(
        "victims",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("victim_id", sa.String(length=200), nullable=False),
        sa.Column("profile_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_victims")),
        sa.UniqueConstraint("victim_id", name=op.f("uq_victims_victim_id")),
    )
    op.create_table(
        "attempts",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("case_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("victim_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("point_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("wording", sa.String(length=10), nullable=False),
        sa.Column("tone", sa.String(length=20), nullable=False),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("message_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("code", sa.String(length=50), nullable=True),
        sa.Column("reason", sa.String(length=50), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("check_at", UtcTime(), nullable=True),
        sa.Column("silence_means", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_attempts_case_pk_cases")),
        sa.ForeignKeyConstraint(["victim_pk"], ["victims.pk"], name=op.f("fk_attempts_victim_pk_victims")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_attempts")),
        sa.UniqueConstraint("ref", name=op.f("uq_attempts_ref")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index("ix_attempts_check", ["check_at"], unique=False)
        batch_op.create_index("ix_attempts_leased", ["state", "leased_until"], unique=False)
        batch_op.create_index("ix_attempts_provider", ["provider_id"], unique=False)
        batch_op.create_index("ix_attempts_victim", ["victim_pk", "sent_at"], unique=False)

    op.create_table(
        "escalations",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=False),
        sa.Column("case_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("victim_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("safety", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("climb_at", UtcTime(), nullable=True),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True),
        sa.Column("resolved_at", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(length=500), nullable=True),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_escalations_case_pk_cases")),
        sa.ForeignKeyConstraint(["event_pk"], ["events.pk"], name=op.f("fk_escalations_event_pk_events")),
        sa.ForeignKeyConstraint(["victim_pk"], ["victims.pk"], name=op.f("fk_escalations_victim_pk_victims")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_escalations")),
    )
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.create_index("ix_escalations_case", ["case_pk"], unique=False)
        batch_op.create_index("ix_escalations_cause", ["cause"], unique=False)
        batch_op.create_index("ix_escalations_climb", ["climb_at"], unique=False)

    op.create_table(
        "notices",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("victim_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("occurred_at", UtcTime(), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("tone", sa.String(length=20), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("deadline", UtcTime(), nullable=True),
        sa.Column("at_risk_at", UtcTime(), nullable=True),
        sa.Column("send_at", UtcTime(), nullable=True),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("full_only", sa.Boolean(), nullable=False),
        sa.Column("retried_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_notices_case_pk_cases")),
        sa.ForeignKeyConstraint(["event_pk"], ["events.pk"], name=op.f("fk_notices_event_pk_events")),
        sa.ForeignKeyConstraint(["victim_pk"], ["victims.pk"], name=op.f("fk_notices_victim_pk_victims")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_notices")),
        sa.UniqueConstraint("event_pk", "victim_pk", name=op.f("uq_notices_event_pk_victim_pk")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_at_risk", ["at_risk_at"], unique=False)
        batch_op.create_index("ix_notices_due", ["state", "send_at"], unique=False)
        batch_op.create_index("ix_notices_victim", ["victim_pk", "case_pk"], unique=False)

    op.create_table(
        "registrations",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("victim_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("withdrew_at", UtcTime(), nullable=True),
        sa.Column("courtesy_at", UtcTime(), nullable=True),
        sa.Column("prompt_at", UtcTime(), nullable=True),
        sa.Column("held_until", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_registrations_case_pk_cases")),
        sa.ForeignKeyConstraint(["event_pk"], ["events.pk"], name=op.f("fk_registrations_event_pk_events")),
        sa.ForeignKeyConstraint(
            ["victim_pk"], ["victims.pk"], name=op.f("fk_registrations_victim_pk_victims")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_registrations")),
        sa.UniqueConstraint("case_pk", "victim_pk", name=op.f("uq_registrations_case_pk_victim_pk")),
    )
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.create_index("ix_registrations_courtesy", ["courtesy_at"], unique=False)
        batch_op.create_index("ix_registrations_prompt", ["prompt_at"], unique=False)
        batch_op.create_index("ix_registrations_victim", ["victim_pk"], unique=False)

    op.create_table(
        "tasks",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("case_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("victim_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.String(length=200), nullable=True),
        sa.Column("safety", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("deadline", UtcTime(), nullable=True),
        sa.Column("escalate_at", UtcTime(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=True),
        sa.Column("outcome", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_tasks_case_pk_cases")),
        sa.ForeignKeyConstraint(["event_pk"], ["events.pk"], name=op.f("fk_tasks_event_pk_events")),
        sa.ForeignKeyConstraint(["victim_pk"], ["victims.pk"], name=op.f("fk_tasks_victim_pk_victims")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("ix_tasks_case", ["case_pk"], unique=False)
        batch_op.create_index("ix_tasks_cause", ["cause"], unique=False)
        batch_op.create_index("ix_tasks_escalate", ["escalate_at"], unique=False)

    op.create_table(
        "attempt_notices",
        sa.Column("attempt_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_pk"], ["attempts.pk"], name=op.f("fk_attempt_notices_attempt_pk_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["notice_pk"], ["notices.pk"], name=op.f("fk_attempt_notices_notice_pk_notices")
        ),
        sa.PrimaryKeyConstraint("attempt_pk", "notice_pk", name=op.f("pk_attempt_notices")),
    )
    with op.batch_alter_table("attempt_notices", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_notices_notice", ["notice_pk"], unique=False)

    op.create_table(
        "journal",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("case_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("victim_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("attempt_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event_type", sa.String(length=100), nullable=True),
        sa.Column("event_ids", sa.JSON(), nullable=True),
        sa.Column("person_id", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("deadline", UtcTime(), nullable=True),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("fact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["attempt_pk"], ["attempts.pk"], name=op.f("fk_journal_attempt_pk_attempts")),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_journal_case_pk_cases")),
        sa.ForeignKeyConstraint(["event_pk"], ["events.pk"], name=op.f("fk_journal_event_pk_events")),
        sa.ForeignKeyConstraint(["victim_pk"], ["victims.pk"], name=op.f("fk_journal_victim_pk_victims")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_journal")),
        sa.UniqueConstraint("fact_id", name=op.f("uq_journal_fact_id")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_case", ["case_pk", "pk"], unique=False)
        batch_op.create_index("ix_journal_event", ["event_pk"], unique=False)
        batch_op.create_index(
            "ix_journal_unpublished",
            ["pk"],
            unique=False,
            sqlite_where=sa.text("fact_id IS NULL"),
            postgresql_where=sa.text("fact_id IS NULL"),
        )

    op.create_table(
        "receipts",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_pk"], ["attempts.pk"], name=op.f("fk_receipts_attempt_pk_attempts")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_receipts")),
        sa.UniqueConstraint("attempt_pk", "state", name=op.f("uq_receipts_attempt_pk_state")),
    )


def downgrade() -> None:
    op.drop_table("receipts")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_journal_unpublished",
            sqlite_where=sa.text("fact_id IS NULL"),
            postgresql_where=sa.text("fact_id IS NULL"),
        )
        batch_op.drop_index("ix_journal_event")
        batch_op.drop_index("ix_journal_case")

    op.drop_table("journal")
    with op.batch_alter_table("attempt_notices", schema=None) as batch_op:
        batch_op.drop_index("ix_attempt_notices_notice")

    op.drop_table("attempt_notices")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_escalate")
        batch_op.drop_index("ix_tasks_cause")
        batch_op.drop_index("ix_tasks_case")

    op.drop_table("tasks")
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.drop_index("ix_registrations_victim")
        batch_op.drop_index("ix_registrations_prompt")
        batch_op.drop_index("ix_registrations_courtesy")

    op.drop_table("registrations")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("ix_notices_victim")
        batch_op.drop_index("ix_notices_due")
        batch_op.drop_index("ix_notices_at_risk")

    op.drop_table("notices")
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.drop_index("ix_escalations_climb")
        batch_op.drop_index("ix_escalations_cause")
        batch_op.drop_index("ix_escalations_case")

    op.drop_table("escalations")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_attempts_victim")
        batch_op.drop_index("ix_attempts_provider")
        batch_op.drop_index("ix_attempts_leased")
        batch_op.drop_index("ix_attempts_check")

    op.drop_table("attempts")
    op.drop_table("victims")
    op.drop_table("rejections")
    op.drop_table("publisher_keys")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_events_unplanned",
            sqlite_where=sa.text("planned_at IS NULL"),
            postgresql_where=sa.text("planned_at IS NULL"),
        )
        batch_op.drop_index("ix_events_case")

    op.drop_table("events")
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_points_victim")
        batch_op.drop_index("ix_contact_points_hash")

    op.drop_table("contact_points")
    op.drop_table("cases")
