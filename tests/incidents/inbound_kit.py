"""What the tests of the alert door share: samples, a source with its key, and a sender."""

import copy
import json
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client

from incidents.models import Source

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "alertmanager"
FIRES, JOINS, ONE_ENDS, ALL_ENDED = "1-one-fires", "2-another-joins", "3-one-ends", "4-all-ended"


def sample(name: str, **changes: Any) -> dict[str, Any]:
    return {**json.loads((SAMPLES / f"{name}.json").read_text()), **copy.deepcopy(changes)}


def an_alert(name: str = "mq-1", status: str = "firing", **changes: Any) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "QueueTooLong", "instance": name},
        "annotations": {},
        "startsAt": "2026-03-02T09:12:00Z",
        "endsAt": "2026-03-02T09:29:00Z" if status == "resolved" else "",
        "fingerprint": f"{name}-fp",
        **changes,
    }


class Sender:
    """Monitoring, with a key of its own."""

    def __init__(self, **fields: Any):
        self.source = Source.objects.create(name=fields.pop("name", "North"), **fields)
        self.key = self.source.new_key()
        self.client = Client(raise_request_exception=True)

    def post(self, message: dict[str, Any] | bytes, **extra: Any) -> HttpResponse:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        extra.setdefault("content_type", "application/json")
        return self.client.post(f"/integrations/alertmanager/{self.key}", body, **extra)

    def posts(self, name: str, **changes: Any) -> dict[str, Any]:
        answer = self.post(sample(name, **changes))
        assert answer.status_code == 202, answer.content
        return answer.json()
