"""Monitoring, during the storm: alerts that fire, repeat and end, posted to the real door.

Like Alertmanager it sends the same bytes again until they are accepted. Every message's last answer is kept.
"""

import hashlib
import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from .chaos_evidence import Answer

KEYS = 24
PAUSE = (0.1, 0.5)  # seconds between two messages of one sender
AGAIN = 0.3  # seconds until a refused message is sent again
TRIES = 12
PATIENCE = 12.0  # seconds for one answer


class Sender(threading.Thread):
    """One connection at a time; its keys are its own, so that their messages have an order."""

    def __init__(self, number: int, of: int, urls: Sequence[str], key: str, seed: int):
        super().__init__(daemon=True)
        self.dice = random.Random(f"{seed}/{number}")
        self.urls, self.path = urls, f"/integrations/alertmanager/{key}"
        self.keys = [name for name in range(KEYS) if name % of == number]
        self.fires: dict[int, int] = {}  # key → when it began, as a number that only rises
        self.count = 0
        self.answers: list[Answer] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self._tell(self.dice.choice(self.keys))
            self.over.wait(self.dice.uniform(*PAUSE))

    def _tell(self, key: int) -> None:
        self.count += 1
        firing = key not in self.fires or self.dice.random() < 0.75
        began = self.fires.setdefault(key, self.count)
        if not firing:
            del self.fires[key]
        body = json.dumps(message(key, began, firing, self.count)).encode()
        status = 0
        for _ in range(TRIES):
            status = self._post(body)
            if 200 <= status < 300 or self.over.wait(AGAIN):
                break
        self.answers.append(Answer(hashlib.sha256(body).hexdigest(), status))

    def _post(self, body: bytes) -> int:
        """The status, or 0 if there was none."""
        address = urlsplit(self.dice.choice(self.urls))
        client = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        with suppress(OSError, http.client.HTTPException):
            try:
                client.request("POST", self.path, body, {"Content-Type": "application/json"})
                return client.getresponse().status
            finally:
                client.close()
        return 0


def message(key: int, began: int, firing: bool, number: int) -> dict:
    """As Alertmanager sends it. ``number`` makes every message's bytes its own."""
    status, name = "firing" if firing else "resolved", f"Trouble{key}"
    begins = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + began))
    alert = {
        "status": status,
        "labels": {"alertname": name, "severity": ("critical", "warning", "info")[key % 3]},
        "annotations": {"summary": f"{name} since {began}"},
        "startsAt": begins,
        "endsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + number)) if not firing else "",
        "fingerprint": f"fp{key}",
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "status": status,
        "receiver": "baton",
        "groupLabels": {"alertname": name},
        "commonLabels": alert["labels"],
        "commonAnnotations": {},
        "externalURL": f"http://monitoring/{number}",
        "alerts": [alert],
    }
