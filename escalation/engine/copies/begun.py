"""That a copy is being put back is noted outside of the database: who is killed meanwhile left it unfinished.

The next start says so, and does not take what it finds for an installation.
"""

import json
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from escalation.kit import clock


def note() -> Path:
    return Path(settings.HOME, ".restoring")


def begin(file: Path) -> None:
    said = {"file": str(file.resolve()), "at": f"{clock.nearly():%d %b %H:%M} UTC"}
    note().write_text(json.dumps(said))


def end() -> None:
    note().unlink(missing_ok=True)


def unfinished() -> str | None:
    """The sentence for whoever starts Baton; None if nothing was begun, or all of it ended."""
    try:
        text = note().read_text()
    except FileNotFoundError:
        return None
    said = {"file": "a copy", "at": "some time"}
    with suppress(ValueError, TypeError):
        said |= json.loads(text)
    return (
        f"Putting back {said['file']} was begun at {said['at']} and did not end. Say `manage.py restore` again; or, "
        f"to go on with what is in the database now, remove {note()}."
    )
