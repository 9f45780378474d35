"""Absences of officers, and whether a case may be closed; a withdrawal is read from the events."""

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
    with op.batch_alter_table("cases") as cases:
        cases.add_column(sa.Column("closure", sa.String(length=10), nullable=True))
    with op.batch_alter_table("registrations") as registrations:
        registrations.drop_column("withdrew_at")


def downgrade() -> None:
    with op.batch_alter_table("registrations") as registrations:
        registrations.add_column(sa.Column("withdrew_at", UtcTime(), nullable=True))
    with op.batch_alter_table("cases") as cases:
        cases.drop_column("closure")
    op.drop_table("absences")
