"""What the demonstration keeps beside its database: the source's key, and whether life is paused."""

import os
from pathlib import Path

from django.conf import settings


def key_file() -> Path:
    return Path(settings.HOME, ".demo-source.key")


def keep_key(key: str) -> None:
    """Readable by its owner only, from its first byte on."""
    key_file().unlink(missing_ok=True)
    with os.fdopen(os.open(key_file(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)


def kept_key() -> str:
    return key_file().read_text() if key_file().exists() else ""


def _pause_file() -> Path:
    return Path(settings.HOME, ".demo-paused")


def paused() -> bool:
    return _pause_file().exists()


def pause(stop: bool) -> None:
    if stop:
        _pause_file().touch()
    else:
        _pause_file().unlink(missing_ok=True)
