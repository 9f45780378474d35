"""How receipts that no provider signs are signed: by our own mail server's pipe and by the print room.

The header ``X-Notifier-Signature`` holds the hex HMAC-SHA256 of the body under ``NOTIFIER_SECRET_KEY``; in
a shell: ``openssl dgst -sha256 -hmac "$NOTIFIER_SECRET_KEY"``.
"""

from __future__ import annotations

import hmac

from notifier.records import ReceiptRequest

HEADER = "X-Notifier-Signature"


def sign_receipt(body: bytes, secret: str) -> str:
    """Return what the header must hold for ``body``."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def is_signed(request: ReceiptRequest, secret: str) -> bool:
    """Tell whether ``request`` carries the signature of its body; header names have no case."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    given = headers.get(HEADER.lower(), "")
    return hmac.compare_digest(given.encode(), sign_receipt(request.body, secret).encode())
