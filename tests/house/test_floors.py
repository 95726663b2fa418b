"""Imports go downstairs only. The table is the house; a new room needs a line here."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Package or module → floor. A file may import lower floors, and its own room. Project files
# (settings, urls …) belong to the frame of the house and name rooms only as strings.
FLOORS = {
    "escalation.kit": 1,
    "escalation.people": 2,
    "escalation.trail": 2,
    "escalation.signin": 3,
    "escalation.oncall": 3,
    "escalation.notify": 3,
    "escalation.policies": 4,
    "escalation.engine": 5,
    "incidents.promises": 5.5,
    "incidents.models": 6,
    "incidents.tasks": 6.5,
    "incidents.severities": 6.5,  # what a new installation starts with
    "incidents.howto": 6.5,
    "incidents.runbook_admin": 6.5,
    "incidents.promise_admin": 6.5,
    "incidents.updates_admin": 6.5,
    "incidents.status_admin": 6.5,
    "incidents.role_admin": 6.5,
    "incidents.training_admin": 6.5,
    "incidents.heartbeat_admin": 6.5,
    "incidents.routing": 7,
    "incidents.planning": 7,
    "incidents.cueing": 7,
    "incidents.learning": 7,
    "incidents.finding": 7,
    "incidents.advising": 7.4,
    "incidents.recognising": 7.4,
    "incidents.lastmonth": 7.5,
    "incidents.recurring": 7.5,
    "incidents.sheets": 7.5,
    "incidents.reviewing": 7.55,  # the forms of actions are sheets
    "incidents.practising": 7.6,  # makes cases of records, in the words of reviews
    "incidents.drilling": 7.6,  # what came of drills
    "incidents.knowing": 7.5,  # what rules go by, read for the engine
    "incidents.tryingrules": 7.5,
    "incidents.training_due": 7.5,  # by when each person trains, for their cues and the pages of training
    "incidents.whatif": 7.5,
    "incidents.counting": 7.5,  # the summaries of a period, packed by days
    "incidents.summing": 7.5,  # what measures are made of, written with what resolves
    "incidents.signs_admin": 8.5,
    "incidents.mapping_admin": 8.4,
    "incidents.source_admin": 8.5,
    "incidents.receipt_admin": 8.5,
    "incidents.refused_admin": 6.5,
    "incidents.desk": 8,
    "incidents.inbound": 8,
    "incidents.answers": 8,
    "incidents.status": 8,
    "incidents.problems": 8,
    "incidents.reviews": 8,
    "incidents.drills": 8,
    "incidents.insight": 8,
    "incidents.process": 8,
    "incidents.webhooks": 8,
    "incidents.training": 8,
    "incidents.room_admin": 8.6,
    "incidents.webhook_admin": 8.5,
    "incidents.webhook_log_admin": 8.6,  # shows what is sent, as it is sent
    "incidents.api": 8,
    "incidents.importers": 8,
    "incidents.demo": 9,  # lives in the house like a visitor: uses every door
    "incidents.management": 9.5,
    "incidents.apps": 9,
    "incidents.templatetags": 8.5,  # the desk's, where Django looks for them
}
FRAME = {"escalation.settings", "escalation.urls", "escalation.asgi", "escalation.wsgi"}
# Files that import each other in a circle, and why that is their honest shape. All others go one way.
CIRCLES = {
    # A model and the verbs that are its methods, which name its type. The calendars' models refer to schedules;
    # Django looks for them where the schedule is, and a plan counts their holidays.
    frozenset(
        f"escalation.oncall.{name}"
        for name in (
            "models",
            "changing",
            "swaps",
            "verbs",
            "telling",
            "turnover",
            "as_seen",
            "calendars.feeds",
            "calendars.outside",
        )
    ),
    # A model and the verbs that are its methods, which name its type.
    frozenset(
        f"incidents.models.{name}"
        for name in (
            "incident",
            "opening",
            "working",
            "following",
            "redacting",
            "training_cases",
            "linking",
            "rooms",
            "sharing",
            "attachments",
            "needing",
            "informing",
            "passing",
            "roles",
            "role_filling",
            "ending",
            "outside",
            "undoing",
            "advising",
            "verb",
        )
    ),
}
# Admin pages and app wiring sit above the rooms of their storey: they show and connect them.
ABOVE = {"admin": 5.5, "apps": 5.5}


def room_of(module: str) -> str | None:
    """The longest room name that ``module`` lies in."""
    found = [room for room in FLOORS if module == room or module.startswith(room + ".")]
    return max(found, key=len, default=None)


def floor_of(module: str) -> float | None:
    room = room_of(module)
    if room is None:
        return 9 if module == "incidents.admin" else None
    last = module.rsplit(".", 1)[-1]
    if room.startswith("escalation.") and last in ABOVE:
        return ABOVE[last]
    return FLOORS[room]


def modules() -> list[tuple[str, Path]]:
    found = []
    for storey in ("escalation", "incidents"):
        for file in sorted((ROOT / storey).rglob("*.py")):
            if "migrations" not in file.parts:
                name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                found.append((name, file))
    return found


FILES = dict(modules())


@cache
def imports_of(name: str, *, types: bool = False) -> set[str]:
    """Every module a file imports at run time, inside functions too; with ``types`` also those imported for types."""
    file = FILES[name]
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    tree = ast.parse(file.read_text())
    typing_only = {
        child
        for node in ast.walk(tree)
        if not types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1] + ([base] if base else []))
            named = {f"{base}.{alias.name}" for alias in node.names}
            found |= named if named <= FILES.keys() else named | {base}  # files, or names out of the file ``base``
    return {module for module in found if module.split(".")[0] in ("escalation", "incidents")}


def upstairs(name: str) -> Iterator[str]:
    """What this file imports and may not, in words."""
    own_room, own_floor = room_of(name), floor_of(name)
    for target in imports_of(name):
        room, floor = room_of(target), floor_of(target)
        if room is not None and own_floor is not None and room != own_room and floor >= own_floor:
            yield f"{name} (floor {own_floor}) imports {target} (floor {floor})"


def test_imports_go_downstairs():
    assert [wrong for name in FILES for wrong in upstairs(name)] == []


def test_every_module_has_a_room():
    loose = {name for name in FILES if floor_of(name) is None}
    assert loose - FRAME == {"escalation", "incidents"}


def test_the_ground_storey_never_imports_the_upper_one():
    for name in FILES:
        if name.startswith("escalation"):
            assert not any(module.startswith("incidents") for module in imports_of(name)), name


def reached_from(name: str, arrows: dict[str, set[str]]) -> set[str]:
    """Every file that comes with a file, if one follows the imports."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        new = arrows[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def test_inside_a_room_too_imports_go_one_way():
    """Those inside functions and those for types too: whoever reads one file of a circle has to read all of it."""
    arrows = {name: imports_of(name, types=True) & FILES.keys() for name in FILES}
    reached = {name: reached_from(name, arrows) for name in FILES}
    circles = {frozenset(one for one in reached[name] if name in reached[one]) for name in FILES}
    assert circles - {frozenset()} == CIRCLES


def test_the_pure_modules_know_no_django():
    pure = [
        "escalation/policies/path.py",
        "escalation/policies/rungs.py",
        "escalation/policies/seating.py",
        "escalation/trail/chain.py",
        "escalation/trail/evidence/verify.py",
        "incidents/models/severity.py",
        "incidents/models/procedure.py",
        "incidents/models/chase_days.py",
        "incidents/models/update_text.py",
        "incidents/desk/cues/cue.py",
    ]
    pure += [f"escalation/oncall/{name}.py" for name in ("spans", "wall", "restrictions", "rotation", "shifts")]
    pure += [f"escalation/oncall/calendars/{name}.py" for name in ("segments", "writing", "reading")]
    pure += [f"escalation/notify/{name}.py" for name in ("plan", "quiet", "masking", "fitness")]
    pure += [f"escalation/policies/readiness/{name}.py" for name in ("checks", "spells")]
    pure += [f"incidents/learning/{name}.py" for name in ("story", "signs", "advice", "judging", "replay", "reviewing")]
    pure += [
        f"incidents/learning/{name}.py"
        for name in ("training", "training_due", "recurring", "afterwards", "hands_on", "likeness", "nights")
    ]
    pure += [f"incidents/learning/whatif/{name}.py" for name in ("playing", "recorded", "comparing", "doing")]
    pure += [f"incidents/promises/{name}.py" for name in ("hours", "clock")]
    pure += ["incidents/status/picture.py"]
    pure += [f"incidents/importers/{name}.py" for name in ("records", "windows", "strands", "plain", "comparing")]
    pure += [
        f"incidents/importers/opsgenie/{name}.py"
        for name in ("reading", "directory", "reaching", "rota", "climbing", "calendar")
    ]
    pure += [f"incidents/importers/goalert/{name}.py" for name in ("shapes", "reading", "calendars", "hours", "theirs")]
    for file in pure:
        text = (ROOT / file).read_text()
        assert "django" not in text.replace("no Django", "").replace("No Django", ""), file
