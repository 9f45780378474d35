"""The migrations: they bring a database's tables to a version, and say which it has.

Apart from the store, because only what migrates needs Alembic: a role without it is 17 MB smaller.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(connection: Connection, revision: str) -> None:
    """Bring the tables up to ``revision``; ``head`` is the newest."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the tables back to ``revision``; ``base`` is none at all."""
    command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
