"""What all nouns have in common."""

from __future__ import annotations

from .transport import File, Transport


class Noun:
    """What can be done with things of one kind: a method for each verb."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport


def there(**files: File | None) -> dict[str, File]:
    """Those that were given."""
    return {name: file for name, file in files.items() if file is not None}
