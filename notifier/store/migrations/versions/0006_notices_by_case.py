"""All notices of a case are read at every step: without an index each one read the whole table."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notices_case", "notices", ["case_pk"])


def downgrade() -> None:
    op.drop_index("ix_notices_case", "notices")
