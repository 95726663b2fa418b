"""Verify the hash chains: ``manage.py verifytrails``, or of some trails only: ``verifytrails INC-1042``."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.kit import clock
from escalation.trail import chain
from escalation.trail.models import Trail
from escalation.trail.verifying import Fault, verify_all


class Command(BaseCommand):
    help = "Verify that the record is complete and unchanged. Exits with 1 if it is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subjects", nargs="*", metavar="INC-1042", help="only these (default: all)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        subjects = _known(options["subjects"])
        at, trails, entries, faults = clock.now(), 0, 0, []
        for verdict in verify_all(subjects, now=at):
            trails += 1
            entries += verdict.entries
            if verdict.fault:
                faults.append(verdict.fault)
        say = _as_json if options["json"] else _in_words
        self.stdout.write(say(trails, entries, faults, chain.instant(at)))
        if faults:
            sys.exit(1)


def _known(subjects: list[str]) -> list[str] | None:
    found = Trail.objects.filter(subject__in=subjects).values_list("subject", flat=True)
    unknown = sorted(set(subjects).difference(found))
    if unknown:
        raise CommandError(f"There is no trail named {', '.join(unknown)}.")
    return subjects or None


def _in_words(trails: int, entries: int, faults: list[Fault], at: str) -> str:
    lines = [f"{fault.subject}: {fault.what}" for fault in faults]
    state = f"{len(faults)} NOT INTACT" if faults else "all intact"
    counted = f"{_many(trails, 'trail', 'trails')}, {_many(entries, 'entry', 'entries')}"
    return "\n".join([*lines, f"{counted}, {state}, verified at {at}"])


def _as_json(trails: int, entries: int, faults: list[Fault], at: str) -> str:
    return json.dumps(
        {
            "trails": trails,
            "entries": entries,
            "intact": not faults,
            "verified_at": at,
            "faults": [{"subject": fault.subject, "seq": fault.seq, "what": fault.what} for fault in faults],
        }
    )


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
