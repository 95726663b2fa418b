"""What the tests of PagerDuty's contract share: samples, a source with its key, and a sender."""

import json
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client

from incidents.models import Source

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "pagerduty"
EVENTS, CHANGES, V1 = "/v2/enqueue", "/v2/change/enqueue", "/generic/2010-04-15/create_event.json"


def sample(name: str, **changes: Any) -> dict[str, Any]:
    return {**json.loads((SAMPLES / f"{name}.json").read_text()), **changes}


class PagerDutySender:
    """Whatever sends to PagerDuty, with a key of its own."""

    def __init__(self, **fields: Any):
        self.source = Source.objects.create(name=fields.pop("name", "Watch"), kind="pagerduty", **fields)
        self.key = self.source.new_key()
        self.client = Client(raise_request_exception=True)

    def post(self, event: dict[str, Any] | bytes, address: str = EVENTS, **extra: Any) -> HttpResponse:
        extra.setdefault("content_type", "application/json")
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.client.post(address, body, **extra)

    def says(self, name: str, address: str = EVENTS, **changes: Any) -> HttpResponse:
        """A sample, with our key in it."""
        named = "service_key" if address.endswith(V1) else "routing_key"
        return self.post(sample(name, **{named: self.key, **changes}), address)
