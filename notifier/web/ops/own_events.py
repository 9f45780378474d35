"""What staff change is an event like any other: stored once, planned by the rules, there to be traced."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from notifier.intake import OPERATIONS
from notifier.wiring import Services


def a_document(type_: str, case_id: str, now: datetime, **data: Any) -> str:
    """Return the event of one type about a case, as staff make it at ``now``."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": uuid.uuid4().hex,
            "source": OPERATIONS,
            "type": type_,
            "time": now.isoformat(),
            "data": {"case_id": case_id, **data},
        },
        ensure_ascii=False,
    )


def publish(services: Services, type_: str, case_id: str, **data: Any) -> None:
    """Take the event in and plan it at once; raises ``EventRefused``, and then nothing was stored.

    News in it that is due is sent by the workers.
    """
    now = services.clock.now()
    services.path.by_hand.take_in(a_document(type_, case_id, now, **data), case_id, now)
