"""Schedules, tiers and policies: who is on call and who is called next, compared and written."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from escalation.kit.zones import time_zones
from escalation.oncall.models import Layer, Override, Schedule, Seat
from escalation.people.models import Team, Tier, User
from escalation.policies.models import Policy, PolicyStep

from . import records, windows
from .moving import Facts, Item, Kind, Left, Move
from .records import Calls, Level
from .strands import Strand, strands


def strand_ids(schedule: records.Schedule) -> list[str]:
    return [f"{schedule.id}#{strand.key}" for strand in strands(schedule)]


class Schedules(Kind):
    """A strand is a schedule here. Turns and hours follow the old ones unless changed here; covers are added."""

    word, model, links, added = "schedule", Schedule, ("team",), ("covers",)

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        for schedule in move.said.schedules:
            for strand in strands(schedule):
                yield f"{schedule.id}#{strand.key}", (schedule, strand)

    def shown(self, record: tuple[records.Schedule, Strand]) -> str:
        return record[1].name

    def there(self, external: str) -> str:
        return external.rpartition("#")[0]

    def wanted(self, move: Move, record: Any, row: Schedule | None, item: Item) -> Facts:
        schedule, strand = record
        zone = schedule.time_zone
        if zone not in time_zones():
            raise Left(f"The time zone {zone or '(none)'} is not known here.")
        layers = [
            _layer(move, layer, position, item)
            for position, layer in enumerate(strand.layers, start=1)
            if layer.ends is None or layer.ends > move.now
        ]
        return {
            "name": move.free_name(Schedule, strand.name, row),
            "team": move.team_of(schedule.team, item),
            "time zone": zone,
            "layers": layers,
            "covers": list(_covers(move, strand, item)),
            "in use": schedule.enabled and not item.half,
        }

    def check(self, row: Schedule | None, facts: Facts) -> None:
        super().check(row, facts)
        for wanted in facts["layers"]:
            _filled(Layer(), wanted).full_clean(exclude=["schedule"])

    def present(self, row: Schedule, facts: Facts) -> Facts:
        return {
            "name": row.name,
            "team": row.team.name,
            "time zone": row.time_zone,
            "layers": [_present_layer(layer) for layer in _living(row, facts)],
            "covers": [cover for cover in facts["covers"] if _find_cover(row, cover).exists()],
            "in use": row.archived_at is None,
        }

    def settled(self, row: Schedule, facts: Facts) -> Facts:
        """Which layers are compared depends on what is wanted and on the time; whether one was changed does not."""
        layers = [_present_layer(layer) for layer in row.layers.order_by("position", "id")]
        return self.present(row, facts) | {"layers": layers}

    def fill(self, row: Schedule, facts: Facts) -> None:
        row.name, row.time_zone = facts["name"], facts["time zone"]

    def write(self, move: Move, row: Schedule | None, facts: Facts, record: Any) -> Schedule:
        row = row or Schedule()
        self.fill(row, facts)
        row.team = Team.objects.get(name=facts["team"])
        row.archived_at = None if facts["in use"] else row.archived_at or move.now
        row.full_clean()
        row.save()
        _write_layers(row, facts, move.now)
        for cover in facts["covers"]:
            if not _find_cover(row, cover).exists():
                _write_cover(row, cover, move)
        return row


def _layer(move: Move, layer: records.Layer, position: int, item: Item) -> Facts:
    people = []
    for turn in layer.turns:
        email = move.name_of("person", turn[0]) if turn else None
        if turn and email is None:
            item.lacks(f"A turn of {layer.name} is of somebody who does not come over: {_who(move, turn[0])}.")
        people.append(email)
    return {
        "position": position,
        "name": " ".join(layer.name.split())[:80] or str(position),
        "every": layer.every,
        "unit": layer.unit,
        "first day": layer.starts.date().isoformat(),
        "hand-off": layer.starts.time().isoformat(),
        "hours": windows.lines(layer.windows),
        "ends": layer.ends.astimezone(UTC).isoformat() if layer.ends else None,
        "people": people,
    }


def _who(move: Move, external: str) -> str:
    found = next((one for one in move.said.people if one.id == external), None)
    return f"{found.name} <{found.email}>" if found else f"known there as {external}"


def _filled(row: Layer, wanted: Facts) -> Layer:
    row.position, row.name, row.every, row.unit = (wanted[name] for name in ("position", "name", "every", "unit"))
    row.starts_on, row.hand_off = date.fromisoformat(wanted["first day"]), time.fromisoformat(wanted["hand-off"])
    row.hours = wanted["hours"]
    row.ends_at = datetime.fromisoformat(wanted["ends"]) if wanted["ends"] else None
    return row


def _living(row: Schedule, facts: Facts) -> list[Layer]:
    """Its layers, but for those that have ended here and are not wanted."""
    found = list(row.layers.order_by("position", "id"))
    return found[: len(facts["layers"])] + [one for one in found[len(facts["layers"]) :] if one.ends_at is None]


def _present_layer(layer: Layer) -> Facts:
    return {
        "position": layer.position,
        "name": layer.name,
        "every": layer.every,
        "unit": layer.unit,
        "first day": layer.starts_on.isoformat(),
        "hand-off": layer.hand_off.isoformat(),
        "hours": layer.hours,
        "ends": layer.ends_at.astimezone(UTC).isoformat() if layer.ends_at else None,
        "people": [seat.person.email if seat.person else None for seat in _seats(layer)],
    }


def _seats(layer: Layer) -> list[Seat]:
    return list(layer.seats.filter(leaves_at__isnull=True).select_related("person").order_by("position", "id"))


def _write_layers(row: Schedule, facts: Facts, now: datetime) -> None:
    living = _living(row, facts)
    for layer in living[len(facts["layers"]) :]:
        layer.ends_at = now
        layer.save(update_fields=["ends_at"])
    for number, wanted in enumerate(facts["layers"]):
        layer = living[number] if number < len(living) else Layer(schedule=row)
        if layer.pk and _present_layer(layer) == wanted:
            continue
        _filled(layer, wanted).full_clean()
        layer.save()
        layer.seats.all().delete()
        people = {one.email: one for one in User.objects.filter(email__in=filter(None, wanted["people"]))}
        Seat.objects.bulk_create(
            Seat(layer=layer, position=place, person=people[email] if email else None)
            for place, email in enumerate(wanted["people"], start=1)
        )


def _covers(move: Move, strand: Strand, item: Item) -> Iterator[list[Any]]:
    """[e-mail or nothing, from, until, reason] of those that are not over."""
    lost: dict[str, list[datetime]] = {}
    for cover in strand.covers:
        if cover.end <= move.now:
            continue
        email = move.name_of("person", cover.people[0]) if cover.people else None
        if cover.people and email is None:
            lost.setdefault(cover.people[0], []).append(cover.start)
            continue
        start, end = (one.astimezone(UTC).isoformat() for one in (cover.start, cover.end))
        yield [email, start, end, cover.reason[:200]]
    for who, starts in lost.items():
        some = f"The override from {min(starts):%Y-%m-%d %H:%M} UTC is"
        if starts[1:]:
            some = f"{len(starts)} overrides, the first from {min(starts):%Y-%m-%d %H:%M} UTC, are"
        item.note(f"{some} of somebody who does not come over: {_who(move, who)}.", Level.LEFT)


def _find_cover(row: Schedule, cover: list[Any]) -> Any:
    email, start, end, _reason = cover
    who = {"person__email": email} if email else {"person__isnull": True}
    return Override.objects.filter(schedule=row, starts_at=start, ends_at=end, **who)


def _write_cover(row: Schedule, cover: list[Any], move: Move) -> None:
    email, start, end, reason = cover
    person = User.objects.get(email=email) if email else None
    starts, ends = datetime.fromisoformat(start), datetime.fromisoformat(end)
    made = {"reason": reason, "by": move.by, "made_at": move.now}
    Override.objects.create(schedule=row, person=person, starts_at=starts, ends_at=ends, **made)


class Tiers(Kind):
    """The columns of the board: of each team's policies the first step is its first tier, and so on."""

    word, model, links = "tier", Tier, ("team",)

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        most: dict[str, int] = {}
        for policy in move.said.policies:
            ranks = [step.rank or place for place, step in enumerate(policy.steps, start=1)]
            most[policy.team] = max(most.get(policy.team, 0), *ranks, 0)
        for team, count in most.items():
            yield from ((f"{team}/{rank}", (team, rank)) for rank in range(1, count + 1))

    def shown(self, record: tuple[str, int]) -> str:
        return f"L{record[1]}"

    def wanted(self, move: Move, record: tuple[str, int], row: Tier | None, item: Item) -> Facts:
        if row is not None:
            item.name = row.name
            return {}
        team, rank = record
        name = move.name_of("team", team) or move.owner
        item.name = move.free_name(Tier, f"{name[:70]} L{rank}", None)
        return {"name": item.name, "team": name, "rank": rank}

    def present(self, row: Tier, facts: Facts) -> Facts:
        return {}

    def fill(self, row: Tier, facts: Facts) -> None:
        if facts:
            row.name, row.rank = facts["name"], facts["rank"]

    def write(self, move: Move, row: Tier | None, facts: Facts, record: Any) -> Tier:
        row = row or Tier()
        self.fill(row, facts)
        row.team = Team.objects.get(name=facts["team"])
        row.full_clean()
        row.save()
        return row


class Policies(Kind):
    word, model = "policy", Policy

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        return [(one.id, one) for one in move.said.policies]

    def wanted(self, move: Move, record: records.Policy, row: Policy | None, item: Item) -> Facts:
        if not record.steps:
            raise Left("It calls nobody: it has no step that comes over.")
        if not all(step.targets for step in record.steps):  # a step of nobody's own calls its tier's team
            raise Left("A step of it calls nobody.")
        steps = [
            self._step(move, record, step, minutes, place, item)
            for place, (step, minutes) in enumerate(zip(record.steps, record.waits, strict=True), start=1)
        ]
        item.half = item.half or not record.enabled  # what is called by it has to know
        return {
            "name": move.free_name(Policy, record.name, row),
            "begins after": record.steps[0].minutes,
            "rounds": record.rounds,
            "steps": steps,
            "in use": not item.half,
        }

    def _step(
        self, move: Move, policy: records.Policy, step: records.Step, minutes: int, place: int, item: Item
    ) -> Facts:
        found: dict[Calls, list[str]] = {calls: [] for calls in Calls}
        for target in step.targets:
            names = _names_of(move, target)
            if names is None:
                item.lacks(f"Step {place} calls a {target.calls} that does not come over: {_what(move, target)}.")
            for name, half in names or ():
                found[target.calls].append(name)
                if half:
                    item.lacks(f"Step {place} calls by {name}, which is archived.")
        return {
            "tier": move.name_of("tier", f"{policy.team}/{step.rank or place}"),
            "minutes": minutes or None,
            "people": sorted(set(found[Calls.PERSON])),
            "teams": sorted(set(found[Calls.TEAM])),
            "schedules": sorted(set(found[Calls.SCHEDULE])),
            "also if acknowledged": step.always,
        }

    def check(self, row: Policy | None, facts: Facts) -> None:
        super().check(row, facts)
        for step in facts["steps"]:
            PolicyStep(position=1, ack_minutes=step["minutes"]).clean_fields(exclude=["policy", "tier"])

    def present(self, row: Policy, facts: Facts) -> Facts:
        return {
            "name": row.name,
            "begins after": row.begins_after or 0,
            "rounds": row.rounds,
            "steps": [_present_step(step) for step in row.steps.order_by("position", "id")],
            "in use": row.archived_at is None,
        }

    def fill(self, row: Policy, facts: Facts) -> None:
        row.name, row.rounds, row.begins_after = facts["name"], facts["rounds"], facts["begins after"] or None

    def write(self, move: Move, row: Policy | None, facts: Facts, record: Any) -> Policy:
        row = row or Policy()
        self.fill(row, facts)
        row.archived_at = None if facts["in use"] else row.archived_at or move.now
        row.full_clean()
        row.save()
        steps = list(row.steps.order_by("position", "id"))
        for step in steps[len(facts["steps"]) :]:
            step.delete()
        for place, wanted in enumerate(facts["steps"], start=1):
            step = steps[place - 1] if place <= len(steps) else PolicyStep(policy=row)
            _write_step(step, place, wanted)
        return row


def _names_of(move: Move, target: records.Target) -> list[tuple[str, bool]] | None:
    """What a target is called here, and whether it is out of use. A schedule may be several."""
    word = target.calls.value
    ids = [target.id]
    if target.calls is Calls.SCHEDULE:
        schedule = next((one for one in move.said.schedules if one.id == target.id), None)
        ids = strand_ids(schedule) if schedule is not None else []
    found = [(move.name_of(word, one), (word, one) in move.halves) for one in ids]
    named = [(name, half) for name, half in found if name is not None]
    return named if named and len(named) == len(found) else None


def _what(move: Move, target: records.Target) -> str:
    """What a target is called there, as far as that was told."""
    said = move.said
    named: Iterable[Any] = {Calls.PERSON: said.people, Calls.TEAM: said.teams, Calls.SCHEDULE: said.schedules}[
        target.calls
    ]
    told = (note for note in said.notes if note.kind == target.calls)
    return next((one.name for one in (*named, *told) if one.id == target.id and one.name), target.id)


def _present_step(step: PolicyStep) -> Facts:
    return {
        "tier": step.tier.name,
        "minutes": step.ack_minutes,
        "people": sorted(step.people.values_list("email", flat=True)),
        "teams": sorted(step.teams.values_list("name", flat=True)),
        "schedules": sorted(step.schedules.values_list("name", flat=True)),
        "also if acknowledged": step.always_call,
    }


def _write_step(step: PolicyStep, place: int, wanted: Facts) -> None:
    if step.pk and step.position == place and _present_step(step) == wanted:
        return
    step.position, step.tier = place, Tier.objects.get(name=wanted["tier"])
    step.ack_minutes, step.always_call = wanted["minutes"], wanted["also if acknowledged"]
    step.full_clean()
    step.save()
    step.people.set(User.objects.filter(email__in=wanted["people"]))
    step.teams.set(Team.objects.filter(name__in=wanted["teams"]))
    step.schedules.set(Schedule.objects.filter(name__in=wanted["schedules"]))
