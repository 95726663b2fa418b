"""Verify the hash chains: ``manage.py verifytrails``, or of some trails only: ``verifytrails INC-1042``.

``--anchors FILE_OR_FOLDER`` also holds them against what was said of them outside of the database.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.kit import clock
from escalation.trail import chain
from escalation.trail.anchors import judging
from escalation.trail.anchors.judging import Judgement
from escalation.trail.models import Trail
from escalation.trail.verifying import Fault, verify_all

MOST = 100  # findings about anchors that are printed


class Command(BaseCommand):
    help = "Verify that the record is complete and unchanged. Exits with 1 if it is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subjects", nargs="*", metavar="INC-1042", help="only these (default: all)")
        parser.add_argument("--anchors", metavar="PATH", help="a file of anchors, or a folder with some, wherever kept")
        parser.add_argument(
            "--key", action="append", default=[], metavar="PUBLIC", help="trust this key only; see anchorkey"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        subjects = _known(options["subjects"])
        at, trails, entries, faults = clock.now(), 0, 0, []
        for verdict in verify_all(subjects, now=at):
            trails += 1
            entries += verdict.entries
            if verdict.fault:
                faults.append(verdict.fault)
        judged = _anchored(options, subjects, faults)
        say = _as_json if options["json"] else _in_words
        self.stdout.write(say(trails, entries, faults, chain.instant(at), judged))
        if faults or (judged and judged.findings):
            sys.exit(1)


def _anchored(options: dict[str, Any], subjects: list[str] | None, faults: list[Fault]) -> Judgement | None:
    if options["anchors"] is None:
        if options["key"]:
            raise CommandError("--key needs --anchors: keys sign anchors.")
        return None
    path = Path(options["anchors"])
    if not path.exists():
        raise CommandError(f"There is nothing at {path}.")
    only = None if subjects is None else list(Trail.objects.filter(subject__in=subjects))
    trusted = [key.strip().lower() for key in options["key"]]
    try:
        return judging.judge(path, trusted=trusted, faults=faults, only=only)
    except OSError as error:
        raise CommandError(f"The anchors cannot be read: {error}") from None


def _known(subjects: list[str]) -> list[str] | None:
    found = Trail.objects.filter(subject__in=subjects).values_list("subject", flat=True)
    unknown = sorted(set(subjects).difference(found))
    if unknown:
        raise CommandError(f"There is no trail named {', '.join(unknown)}.")
    return subjects or None


def _in_words(trails: int, entries: int, faults: list[Fault], at: str, judged: Judgement | None) -> str:
    lines = [f"{fault.subject}: {fault.what}" for fault in faults]
    state = f"{len(faults)} NOT INTACT" if faults else "all intact"
    counted = f"{_many(trails, 'trail', 'trails')}, {_many(entries, 'entry', 'entries')}"
    lines.append(f"{counted}, {state}, verified at {at}")
    return "\n".join(lines + ([] if judged is None else _of_anchors(judged)))


def _of_anchors(judged: Judgement) -> list[str]:
    lines = [f"{one.subject}: {one.what}" for one in judged.findings[:MOST]]
    if len(judged.findings) > MOST:
        lines.append(f"and {len(judged.findings) - MOST} more")
    lines += [f"Note: {note}." for note in judged.notes]
    lines += [f"Signed by {key}" for key in judged.keys]
    state = f"{_many(len(judged.findings), 'contradiction', 'contradictions')} FOUND" if judged.findings else "all hold"
    counted = f"{_many(judged.anchors, 'anchor', 'anchors')}, {_many(judged.statements, 'statement', 'statements')}"
    return [*lines, f"{counted}, {state}{f', the last of {judged.last}' if judged.last else ''}"]


def _as_json(trails: int, entries: int, faults: list[Fault], at: str, judged: Judgement | None) -> str:
    said: dict[str, Any] = {
        "trails": trails,
        "entries": entries,
        "intact": not faults and not (judged and judged.findings),
        "verified_at": at,
        "faults": [{"subject": fault.subject, "seq": fault.seq, "what": fault.what} for fault in faults],
    }
    return json.dumps(said if judged is None else said | {"anchors": asdict(judged)})


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
