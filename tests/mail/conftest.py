"""What several tests of the mail share with those of the channels and of the command line."""

from tests.channels.test_email_smtp import certificate
from tests.cli.conftest import notifier

__all__ = ["certificate", "notifier"]
