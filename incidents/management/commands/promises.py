"""What was promised of an incident, counted again from its entries alone: every span in which a clock ran.

    manage.py promises INC-1042

Reads the record and nothing else, then compares the result with what the desk shows. Exits with 1 if they differ.
"""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from escalation.kit import clock
from incidents.models import Incident, Promise
from incidents.models.promise_words import term_said, windows_said
from incidents.models.promising import heard
from incidents.promises.cycle import Reading
from incidents.promises.hours import measure


class Command(BaseCommand):
    help = "Count again from the record what was promised of an incident, and compare it with what the desk shows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="such as INC-1042")

    def handle(self, *args: Any, reference: str, **options: Any) -> None:
        number = reference.strip().upper().removeprefix("INC-")
        known = number.isascii() and number.isdigit() and len(number) < 16
        incident = Incident.objects.filter(number=int(number)).first() if known else None
        if incident is None:
            raise CommandError(f"There is no incident {reference}.")
        now = clock.now()
        promises = heard([incident.trail_id]).get(incident.trail_id)
        readings = promises.readings(now) if promises else []
        self.stdout.write(f"{incident.ref} {incident.title}, at {_utc(now)}")
        if not readings or promises is None:
            self.stdout.write("Nothing is promised.")
        for reading in [*(promises.past if promises else []), *readings]:
            self._tell(reading)
        differences = _differences(readings, {row.kind: row for row in incident.promises.all()})
        if differences:
            raise CommandError("The desk shows something else: " + "; ".join(differences))
        self.stdout.write("The desk shows the same.")

    def _tell(self, reading: Reading) -> None:
        term, hours = reading.term, reading.term.hours
        self.stdout.write("")
        self.stdout.write(
            f"{reading.kind.value}: {term_said(term)}, by entry {reading.terms}; began with entry {reading.cycle}"
        )
        if hours is not None:
            self.stdout.write(
                f"  counts  {windows_said(hours.text)} {hours.zone}, {len(hours.holidays)} holidays ahead"
            )
        zone = ZoneInfo(hours.zone) if hours else ZoneInfo("UTC")
        for span in reading.ran:
            counted = _length(measure(hours, *span))
            self.stdout.write(f"  ran     {_there(span.start, zone)} – {_there(span.end, zone)}  {counted}")
        self.stdout.write(f"  spent   {_length(reading.spent)} of {_length(term.limit)}, {reading.state.value}")
        if reading.due is not None:
            self.stdout.write(f"  due     {_utc(reading.due)}")
        if reading.ended is not None:
            self.stdout.write(f"  ended   {_utc(reading.ended)}")
        if reading.broken is not None:
            self.stdout.write(f"  broken  {_utc(reading.broken)}")


def _differences(readings: list[Reading], rows: dict[str, Promise]) -> list[str]:
    found = [f"no {kind}" for kind in rows.keys() ^ {reading.kind.value for reading in readings}]
    for reading in readings:
        row = rows.get(reading.kind.value)
        if row is None:
            continue
        late = row.broken_at or (row.due_at if row.state == "running" and reading.broken else None)
        mine = (reading.state.value, reading.due, reading.ended, reading.broken)
        if mine != (row.state, row.due_at, row.ended_at, late):
            found.append(f"{row.kind} {row.state}, due {row.due_at}, ended {row.ended_at}, broken {late}")
    return found


def _utc(at: datetime) -> str:
    return _there(at, ZoneInfo("UTC"))


def _there(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _length(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min {seconds:02} s"
