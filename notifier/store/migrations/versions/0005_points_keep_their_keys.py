"""On SQLite, too, the key of a contact point that is gone is never given to another one."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rebuild(keys_once=True)


def downgrade() -> None:
    _rebuild(keys_once=False)


def _rebuild(*, keys_once: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    options = {"sqlite_autoincrement": keys_once}
    with op.batch_alter_table("contact_points", recreate="always", table_kwargs=options):
        pass
