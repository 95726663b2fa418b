"""Is everything as promised? ``manage.py audit_engine`` looks at all open incidents and says what is not."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from escalation.engine.audit import auditing
from escalation.engine.audit.auditing import Report
from escalation.trail import chain


class Command(BaseCommand):
    help = (
        "Check the engine's promises over all open incidents, read their records, and repair what is safe to repair. "
        "Exits with 1 if anything is left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--no-repair", action="store_true", help="only look")

    def handle(self, *args: Any, **options: Any) -> None:
        report = auditing.audit(repair=not options["no_repair"])
        self.stdout.write(_as_json(report) if options["json"] else _in_words(report))
        if not report.green:
            sys.exit(1)


def _in_words(report: Report) -> str:
    lines = [str(finding) for finding in report.findings]
    state = f"{len(lines)} NOT AS PROMISED" if lines else "all as promised"
    counted = f"{_many(report.read.trails, 'open incident', 'open incidents')}, {state}, "
    return "\n".join([*lines, f"{counted}{report.repaired} repaired, audited at {chain.instant(report.at)}"])


def _as_json(report: Report) -> str:
    found = [{"invariant": f.invariant, "subject": f.subject, "what": f.what} for f in report.findings]
    return json.dumps(
        {
            "green": report.green,
            "incidents": report.read.trails,
            "findings": report.counts,
            "repairs": report.repaired,
            "found": found,
            "audited_at": chain.instant(report.at),
            "seconds": round(report.seconds, 2),
        }
    )


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
