"""``If-Match``, for every noun that several people change: what somebody did not see they do not change."""

from dataclasses import dataclass
from typing import Any

import pytest

from incidents.models import Incident, Review
from incidents.models.reviews import Words
from tests.api_kit import Program
from tests.api_scene import beside
from tests.runbook_kit import write
from tests.threads import together


@dataclass(frozen=True)
class Change:
    """Where it is read, and what somebody does to it."""

    read: str
    method: str
    path: str
    body: Any = None

    def by(self, program: Program, etag: str) -> Any:
        return program._send(self.method, self.path, self.body, {"if_match": etag})


def changes(cast, clock) -> dict[str, tuple[Change, Change]]:
    """By its noun: two that one person could do after the other, to what both have read."""
    scene = {name: ids[0] for name, ids in beside(cast, clock).items()}
    swap, override = (f"/schedules/{scene['schedule']}/{noun}" for noun in ("swaps", "overrides"))
    swap, override, view = f"{swap}/{scene['swap']}", f"{override}/{scene['override']}", f"/views/{scene['view']}"
    incident = Incident.open(title="Mail is late", service=cast.service, by=cast.ana)
    over = Incident.open(title="Cards fail", service=cast.service, by=cast.ana)
    over.acknowledge(by=cast.ana)
    over.resolve(by=cast.ana, cause="change", text="Rolled back")
    Review.begin(over, by=cast.sam, words=Words(summary="A release"))
    runbook, review = f"/runbooks/{write(cast, services=[cast.service]).pk}", f"/reviews/{over.number}"
    window, one = f"/maintenance/{scene['window']}", f"/incidents/{incident.number}"
    words = {"helped": "", "hindered": "", "factors": []}
    return {
        "incident": (Change(one, "post", f"{one}/acknowledgement"), Change(one, "post", f"{one}/work")),
        "review": (
            Change(review, "put", f"{review}/words", {"summary": "Mine", **words}),
            Change(review, "post", f"{review}/sharing"),
        ),
        "window": (Change(window, "post", f"{window}/cancellation"),) * 2,
        "runbook": (
            Change(runbook, "put", f"{runbook}/procedure", {"body": "- [ ] Mine"}),
            Change(runbook, "post", f"{runbook}/review"),
        ),
        "override": (Change(override, "post", f"{override}/cancellation"),) * 2,
        "swap": (Change(swap, "post", f"{swap}/refusal"),) * 2,
        "view": (
            Change(view, "put", view, {"name": "Mine", "asked": "severity=2"}),
            Change(view, "put", view, {"name": "Yours", "asked": "severity=3"}),
        ),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("noun", ["incident", "review", "window", "runbook", "override", "swap", "view"])
def test_who_was_slower_is_refused_and_told_how_it_is_now(cast, clock, noun):
    first, second = changes(cast, clock)[noun]
    faster, slower = (Program(cast.ana if noun == "view" else cast.ada) for _n in range(2))
    seen = slower.get(first.read)["ETag"]
    assert faster.get(first.read)["ETag"] == seen
    done = first.by(faster, seen)
    assert done.status_code == 200, done.json()
    late = second.by(slower, seen)
    assert (late.status_code, late.json()["code"]) == (412, "stale") and late.json()["detail"]
    now = slower.get(first.read)
    assert late.json()["state"] == now.json() and late["ETag"] == now["ETag"] != seen
    assert second.by(slower, late["ETag"]).status_code != 412


@pytest.mark.rehearsal("long")
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_who_saw_the_same_one_changes_it(cast, clock):
    for noun, (first, _second) in changes(cast, clock).items():
        person = cast.ana if noun == "view" else cast.ada
        programs = [Program(person), Program(person)]
        seen, answers = programs[0].get(first.read)["ETag"], []

        def send(program, first=first, seen=seen, answers=answers):
            answers.append(first.by(program, seen).status_code)

        together(*[lambda program=program: send(program) for program in programs])
        assert sorted(answers) == [200, 412], noun
