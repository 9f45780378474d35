"""How many processes an event has killed, and what became of refused documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notifier.store.tables import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("planners_lost", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("rejections", sa.Column("done_at", UtcTime(), nullable=True))
    op.add_column("rejections", sa.Column("done_by", sa.String(length=200), nullable=True))
    op.add_column("rejections", sa.Column("outcome", sa.String(length=200), nullable=True))


def downgrade() -> None:
    for name in ("outcome", "done_by", "done_at"):
        op.drop_column("rejections", name)
    op.drop_column("events", "planners_lost")
