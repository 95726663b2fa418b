"""``manage.py exportincident INC-7``: the record of one incident as a bundle that a stranger can verify."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from escalation.kit import clock
from escalation.kit.privately import privately
from escalation.trail.writing import COMMAND_LINE, record_configuration
from incidents.models import Incident, exporting


def _write(file: Path, body: bytes) -> None:
    """The whole of it under its name, or nothing; and never over another, also one that was made in this moment."""
    if file.exists():
        raise FileExistsError
    draft = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with open(draft, "xb", opener=privately) as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        _name(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _name(draft: Path, file: Path) -> None:
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a disk that knows no links, such as a stick: one alone can make the name, and then it is theirs
        open(file, "xb", opener=privately).close()
        draft.rename(file)


class Command(BaseCommand):
    help = "Write the record of an incident as a signed bundle, which verify.py in it verifies with nothing but Python."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="such as INC-1042")
        parser.add_argument("--to", metavar="FILE", help="where to; INC-1042.zip in this folder if not said")

    def handle(self, *args: Any, reference: str, to: str | None, **options: Any) -> None:
        number = reference.strip().upper().removeprefix("INC-")
        known = number.isascii() and number.isdigit() and len(number) < 16
        incident = Incident.objects.filter(number=int(number)).first() if known else None
        if incident is None:
            raise CommandError(f"There is no incident {reference}.")
        now, file = clock.now(), Path(to or f"{incident.ref}.zip")
        data = {"what": "", "name": incident.ref, "by": "manage.py exportincident"}
        try:
            body = exporting.written(incident, by="an operator", now=now)
            with transaction.atomic():  # no bundle without its entry, and no entry of a bundle that there is not
                record_configuration(COMMAND_LINE, exporting.EXPORTED, data, now=now)
                _write(file, body)
        except FileExistsError:
            raise CommandError(f"{file} is there already. Nothing was changed.") from None
        except (OSError, ValueError) as error:
            raise CommandError(f"It cannot be written: {error}") from None
        self.stdout.write(f"{file}. To verify it: unpack it, and say python3 verify.py")
