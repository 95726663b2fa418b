"""What the sample organisation has trained: plays that ended well and less well, and one that goes on."""

from collections.abc import Mapping

from escalation.people.models import Team, User
from incidents.models import TrainingGoal, TrainingPlay
from incidents.practising import shipped, told

WAIT = {"now": False}


def _now(to: int, why: str) -> dict:
    """Escalate, to the target of this number in the case."""
    return {"now": True, "to": str(to), "why": why}


PLAYS = (
    ("ana", "1-card-payments", (WAIT, WAIT, WAIT, _now(1, "expertise"), _now(2, "authority"))),
    ("ana", "5-the-known-fix", (WAIT, WAIT, WAIT, WAIT)),
    ("ana", "4-silent-night", (WAIT, WAIT)),
    ("jo", "6-loud-and-in-hand", (WAIT, _now(2, "impact"), WAIT, WAIT)),
    ("sam", "3-no-access", (WAIT, _now(2, "access"), _now(2, "access"))),
)

GOALS = (("Service desk", 90), ("Applications", 180))


def build(people: Mapping[str, User], teams: Mapping[str, Team]) -> None:
    for name, days in GOALS:
        TrainingGoal.objects.create(team=teams[name], days=days)
    for who, case, answers in PLAYS:
        play = TrainingPlay.begin_play(by=people[who], case=case, told=shipped.cases()[case])
        for step, said in enumerate(answers):
            play.answer_step(by=people[who], step=step, said=said, score=told.score)
