import contextlib
import time
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from escalation.kit import failpoint


class Hanging(AppConfig):
    name = "tests.hanging"
    label = "hanging"

    def ready(self):
        failpoint.arm(hang)


def hang(point: str) -> None:
    wanted = Path(settings.HOME, "hang-at")
    with contextlib.suppress(FileNotFoundError):
        if wanted.read_text() != point:
            return
        wanted.rename(wanted.with_name("hung-at"))  # one process alone
        while True:
            time.sleep(3600)
