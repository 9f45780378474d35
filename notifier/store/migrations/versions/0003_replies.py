"""What people answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notifier.store.tables import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("pk", _KEY, nullable=False),
        sa.Column("identity_hash", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("case_pk", _KEY, nullable=True),
        sa.Column("victim_pk", _KEY, nullable=True),
        sa.ForeignKeyConstraint(["case_pk"], ["cases.pk"], name=op.f("fk_replies_case_pk_cases")),
        sa.ForeignKeyConstraint(["victim_pk"], ["victims.pk"], name=op.f("fk_replies_victim_pk_victims")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_replies")),
        sa.UniqueConstraint("identity_hash", name=op.f("uq_replies_identity_hash")),
    )


def downgrade() -> None:
    op.drop_table("replies")
