"""Which provider carried an attempt, and how the providers stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notifier.store.tables import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("attempts") as attempts:
        attempts.add_column(sa.Column("provider", sa.String(length=20), nullable=True))
    op.create_table(
        "providers",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("out_since", UtcTime(), nullable=True),
        sa.Column("trial_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_providers")),
        sa.UniqueConstraint("name", name=op.f("uq_providers_name")),
    )


def downgrade() -> None:
    op.drop_table("providers")
    with op.batch_alter_table("attempts") as attempts:
        attempts.drop_column("provider")
