"""Absences, closing, referral to support, and protection against our own sources.

A withdrawal is read from the events now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notifier.store.tables import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _absences()
    _sources()
    with op.batch_alter_table("cases") as cases:
        cases.add_column(sa.Column("closure", sa.String(length=10), nullable=True))
    with op.batch_alter_table("registrations") as registrations:
        registrations.drop_column("withdrew_at")
        registrations.add_column(sa.Column("referral_prompt_at", UtcTime(), nullable=True))
        registrations.add_column(sa.Column("referral_due_at", UtcTime(), nullable=True))
        registrations.create_index("ix_registrations_referral_prompt", ["referral_prompt_at"])
        registrations.create_index("ix_registrations_referral_due", ["referral_due_at"])
    with op.batch_alter_table("notices") as notices:
        notices.add_column(sa.Column("source", sa.String(length=500), nullable=True))
        notices.add_column(sa.Column("made_at", UtcTime(), nullable=True))
        notices.add_column(sa.Column("hold", sa.String(length=20), nullable=True))
        notices.create_index("ix_notices_volume", ["source", "event_type", "made_at"])
        notices.create_index("ix_notices_hold", ["hold"])
    with op.batch_alter_table("escalations") as escalations:
        escalations.alter_column("cause", type_=sa.String(length=700), existing_nullable=False)
        escalations.add_column(sa.Column("source", sa.String(length=500), nullable=True))
        escalations.add_column(sa.Column("event_type", sa.String(length=100), nullable=True))
        escalations.alter_column("case_pk", existing_type=_KEY, nullable=True)
    with op.batch_alter_table("journal") as journal:
        journal.add_column(sa.Column("ref", sa.String(length=20), nullable=True))


def _absences() -> None:
    op.create_table(
        "absences",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("event_pk", _KEY, nullable=False),
        sa.Column("officer_id", sa.String(length=200), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("cover_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["event_pk"], ["events.pk"], name=op.f("fk_absences_event_pk_events")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_absences")),
        sa.UniqueConstraint("event_pk", name=op.f("uq_absences_event_pk")),
    )
    op.create_index("ix_absences_officer", "absences", ["officer_id"])


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("check_at", UtcTime(), nullable=True),
        sa.Column("silent_since", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_sources")),
        sa.UniqueConstraint("source", name=op.f("uq_sources_source")),
    )
    op.create_index("ix_sources_check", "sources", ["check_at"])
    op.create_table(
        "publications",
        sa.Column("source_pk", _KEY, nullable=False),
        sa.Column("minute", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_pk"], ["sources.pk"], name=op.f("fk_publications_source_pk_sources")
        ),
        sa.PrimaryKeyConstraint("source_pk", "minute", name=op.f("pk_publications")),
    )


def downgrade() -> None:
    # What is about a source alone has no place in the older tables.
    op.execute("DELETE FROM escalations WHERE case_pk IS NULL")
    with op.batch_alter_table("journal") as journal:
        journal.drop_column("ref")
    with op.batch_alter_table("escalations") as escalations:
        escalations.alter_column("case_pk", existing_type=_KEY, nullable=False)
        escalations.drop_column("event_type")
        escalations.drop_column("source")
        escalations.alter_column("cause", type_=sa.String(length=300), existing_nullable=False)
    with op.batch_alter_table("notices") as notices:
        notices.drop_index("ix_notices_hold")
        notices.drop_index("ix_notices_volume")
        notices.drop_column("hold")
        notices.drop_column("made_at")
        notices.drop_column("source")
    with op.batch_alter_table("registrations") as registrations:
        registrations.drop_index("ix_registrations_referral_due")
        registrations.drop_index("ix_registrations_referral_prompt")
        registrations.drop_column("referral_due_at")
        registrations.drop_column("referral_prompt_at")
        registrations.add_column(sa.Column("withdrew_at", UtcTime(), nullable=True))
    with op.batch_alter_table("cases") as cases:
        cases.drop_column("closure")
    op.drop_table("publications")
    op.drop_table("sources")
    op.drop_table("absences")
