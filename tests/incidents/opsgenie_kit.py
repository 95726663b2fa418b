"""A program that sends to the Alert API, with a key of its own."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.test import Client

from incidents.models import Incident, Source

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "opsgenie"


def sample(name: str, **changes: Any) -> dict[str, Any]:
    return {**json.loads((SAMPLES / f"{name}.json").read_text()), **changes}


class Program:
    def __init__(self, *, base: str = "/v2/alerts", **fields: Any):
        self.base = base
        self.source = Source.objects.create(name=fields.pop("name", "Depot"), kind="opsgenie", **fields)
        self.key = self.source.new_key()
        self.client = Client(raise_request_exception=True)

    def ask(self, method: str, path: str = "", body: Any = None, **extra: Any) -> HttpResponse:
        extra.setdefault("headers", {"authorization": f"GenieKey {self.key}"})
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if body is not None:
            extra.setdefault("content_type", "application/json")
        return self.client.generic(method, f"{self.base}{path}", data, **extra)

    def says(self, path: str = "", body: Any = None, *, method: str = "POST") -> dict[str, Any]:
        """What became of it, asked at once, as some clients do."""
        answer = self.ask(method, path, body)
        assert answer.status_code == 202, answer.content
        return self.became(answer)

    def became(self, answer: HttpResponse) -> dict[str, Any]:
        asked = self.ask("GET", f"/requests/{answer.json()['requestId']}")
        assert asked.status_code == 200, asked.content
        return asked.json()["data"]

    def about(self, alias: str, what: str, body: Any = None, *, method: str = "POST") -> dict[str, Any]:
        return self.says(f"/{quote(alias, safe='')}/{what}?identifierType=alias", body, method=method)

    def creates(self, alias: str = "belt", **fields: Any) -> Incident:
        became = self.says("", {"message": "The belt stands still", "alias": alias, **fields})
        assert (became["isSuccess"], became["status"]) == (True, "Created alert")
        return Incident.objects.get(number=self.knows(alias)["tinyId"])

    def knows(self, alias: str) -> dict[str, Any]:
        answer = self.ask("GET", f"/{quote(alias, safe='')}?identifierType=alias")
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]
