from __future__ import annotations

from tests.channels.test_email_smtp import certificate

__all__ = ["certificate"]
