"""The machine's ground: both worlds, and how one thing is done in both at once."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition

from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents.models import Incident

from .ground import Ground
from .reference.desk import Case
from .reference.doors import Doors
from .reference.maintenance import Windows
from .reference.message import NO_CLIMB, Message
from .reference.moment import Moment
from .reference.organisation import No, Step
from .reference.outbox import Outbox
from .reference.ruling import Ruling
from .reference.severity import Severity
from .reference.timekeeper import Timekeeper, Turn
from .rig import ANSWERS, interrupted
from .world import NAMES, World

PEOPLE = tuple(NAMES)
# Mostly the one whose turn it is; sometimes anybody.
WHO = st.sampled_from(["turn"] * 9 + ["called", "holder", "giver", "ana", "sam", "kim", "ada", "rita", "otto"])
WHICH = st.sampled_from([0, 0, 0, 1, 1, 2, 3])  # the newest incident, the one before …
# Timers of no climb, and what the reference calls them.
BESIDE = {"close": "close", "promise": "promise", "maintenance": "settle"}
SEEN = st.sampled_from(["fresh"] * 5 + ["nothing", "old"])
STEPS = st.builds(
    Step,
    tier=st.sampled_from(["L1", "L1", "L2", "L2", "L3", "Duty", "Head"]),
    people=st.sampled_from([(), (), (), ("tom",), ("rita", "ana")]),
    teams=st.sampled_from([(), (), (), ("Facilities",)]),
    rotas=st.sampled_from([(), (), (), ("days",), ("nights",), ("days", "nights")]),
    ack=st.sampled_from([None, None, 1, 7]),
    work=st.sampled_from([None, None, 4]),
    fallback=st.sampled_from([None, None, "kim"]),
    always=st.booleans(),
    awaits=st.booleans(),
    mode=st.sampled_from(["inform", "decide"]),
)

_COUNTS = st.fixed_dictionaries({}, optional={"people": st.sampled_from([1, 150, 1500]), "failed": st.integers(1, 2)})
_LASTS = st.fixed_dictionaries(
    {}, optional={"unanswered": st.sampled_from([3, 7, 40]), "opened": st.sampled_from([4, 30])}
)
RULINGS = st.builds(
    lambda does, counts, lasts, tier, whom: Ruling(
        "",
        does,
        **({"people": 150} if not (counts or lasts) else {**counts, **dict(list(lasts.items())[: 3 - len(counts)])}),
        tier=tier if does == "escalate" else None,
        whom=whom if does == "inform" else (),
    ),
    does=st.sampled_from(["escalate", "inform"]),
    counts=_COUNTS,
    lasts=_LASTS,
    tier=st.sampled_from([None, None, "L2", "L3"]),
    whom=st.sampled_from([("rita",), ("ana", "ines"), ("kim",)]),
)

has_cases = precondition(lambda self: self.cases)


class Base(Ground):
    def __init__(self) -> None:
        super().__init__()
        self.bundled_within(0)  # each message on its own, so that each can be foretold; see ``bundles``
        self.world = World()
        self.org = self.world.org
        self.outbox = Outbox(self.org.people)
        self.outbox.waits = self.waits_for_answer
        self.limits: dict[str, int] = {}
        self.closing.enter_context(override_settings(LIMIT_PER_PERSON=self.limits))
        self.cases: list[Case] = []
        self.windows = Windows()
        self.keeper = Timekeeper(self.cases, self.windows)
        self.doors = Doors(open=self.case_opened)
        self.tokens: dict[int, list[tuple[tuple[int, int], str]]] = {}
        self.said: Counter[str] = Counter()  # keys that were handed to the post
        self.rulings = 0
        self.prepare()

    def prepare(self) -> None:
        """For the mixins."""

    def found_organisation(self, steps: list[Step], rulings: Sequence[Ruling] = (), **fields) -> None:
        self.world.make_policy("Payments", steps, **fields)
        for ruling in rulings:
            self.add_ruling("Payments", ruling)
        self.world.service("Payments", "Applications", "Payments")
        self.world.service("Mail", "Desk", None)
        for name, service, per_alert in (("north", "Payments", False), ("south", None, True)):
            self.world.source(name, service, per_alert=per_alert)
            self.doors.sources[name] = {"service": service, "per_alert": per_alert, "default": 2}

    def add_ruling(self, policy: str, ruling: Ruling) -> None:
        self.rulings += 1
        self.world.add_rule(policy, replace(ruling, name=f"rule{self.rulings}"))

    # --- both at once --------------------------------------------------------------------------

    def case(self, which: int) -> Case:
        return self.cases[-1 - which % len(self.cases)]

    def incident(self, case: Case) -> Incident:
        return Incident.objects.order_by("id")[case.number]

    def one(self, case: Case, who: str) -> str:
        """The person a word stands for."""
        run = case.run
        called = [m.person for m in self.outbox.messages if m.home[0] == case.number and m.kind in ("call", "also")]
        meant = {
            "called": called[-1] if called else None,
            "holder": run.holder,
            "receiver": run.offered_to,
            "giver": run.offered_by,
        }
        meant["turn"] = run.offered_to or run.holder or meant["called"]
        return who if who in NAMES else meant[who] or "ada"

    def seen(self, case: Case, how: str) -> tuple[tuple[int, int] | None, str | None]:
        """A form's token in both worlds: of the present page, of an older one, or none."""
        tokens = self.tokens[case.number]
        return {"fresh": tokens[-1], "old": tokens[-min(3, len(tokens))], "nothing": (None, None)}[how]

    def verb(
        self,
        case: Case,
        by: str,
        really: Callable[[Incident, User], object],
        plainly: Callable[[Moment], object],
        *,
        dies: bool = False,
    ) -> None:
        """Done in both worlds: refused in both for the same reason, or in neither."""
        incident, person = self.incident(case), self.world.person(by)
        refused = None
        with interrupted("verb.written" if dies else None) as death:
            try:
                really(incident, person)
            except Refused as refusal:
                refused = refusal.code
        if death.reached:
            return  # as if nothing had been asked
        expected = None
        try:
            plainly(Moment(self.now, by))
        except No as no:
            expected = no.code
        assert refused == expected, f"refused with {refused!r}, and {expected!r} was expected"

    def case_opened(
        self,
        m: Moment,
        *,
        service: str | None,
        facts: Severity,
        previous: int | None = None,
        restricted: bool = False,
        anyway: bool = False,
    ) -> Case:
        restricted = restricted or (previous is not None and self.cases[previous].restricted)
        case = Case(len(self.cases), self.org, self.outbox, service, m.now, facts, restricted, previous)
        case.severity = facts.judged()
        case.windows, case.anyway = self.windows, anyway
        case.promise(m.now)
        self.cases.append(case)
        team = self.org.services[service][0] if service else self.org.owner
        case.let_in(teams=[team], people=[m.actor] if m.actor in NAMES else [])
        case.say(m, "opened", severity=case.severity, policy=self.org.policy_for(service))
        case.climb(m)
        return case

    def failures_are_heard(self) -> None:
        """What has failed for good may leave a climb with nothing to wait for."""
        failed = self.outbox.news()
        for home in dict.fromkeys(message.home for message in failed):
            self.cases[home[0]].climbs[home[1]].nobody_reached(Moment(self.now), failed)

    def waits_for_answer(self, home: tuple[int, int], kind: str) -> bool:
        """To an offer, or to a call: what follows if nobody can be reached."""
        climb = self.cases[home[0]].climbs[home[1]]
        return climb.waits_for_answer and (kind == "offer") == (climb.offered_to is not None)

    # --- messages ------------------------------------------------------------------------------------

    @property
    def calm(self) -> bool:
        """No limit, and every service answers: then it does not matter which message goes first."""
        return self.outbox.calm and not self.post.away

    def answer(self, message: Message) -> str:
        """What the post says to a message now."""
        active = self.org.people[message.person].active
        return ANSWERS[self.post.mood(message.channel, message.person)] if active else "never"

    def in_their_order(self) -> None:
        """Which of two was queued first is the product's to say."""
        rows = self.deliveries()
        turns = {id(self.outbox.messages[number]): row.pk for number, row in rows.items()}
        self.outbox.turn = lambda message: (turns.get(id(message), math.inf), self.outbox.messages.index(message))

    def see_what_was_armed_first(self) -> None:
        """Of what is equally due; of what is armed in one transaction, the product may choose."""
        numbers = {
            trail: number
            for number, trail in enumerate(Incident.objects.order_by("id").values_list("trail", flat=True))
        }
        armed = dict(Timer.objects.filter(state="armed", run__isnull=False).values_list("run", "pk"))
        places: dict[int, int] = {}
        seen = Counter()
        for run, trail in EscalationRun.objects.filter(trail__in=numbers).order_by("id").values_list("pk", "trail"):
            climb = self.cases[numbers[trail]].climbs[seen[trail]]
            seen[trail] += 1
            places[id(climb)] = armed.get(run, 0)
        beside = Timer.objects.filter(state="armed", run=None, trail__in=numbers, kind__in=BESIDE)
        of_cases = {
            (id(self.cases[numbers[trail]]), BESIDE[kind]): pk
            for pk, trail, kind in beside.values_list("pk", "trail", "kind")
        }

        def place(turn: Turn) -> int:
            return places.get(id(turn.climb), 0) or of_cases.get((id(turn.case), turn.what), 0)

        self.keeper.armed = place

    def deliveries(self, *, strangers: bool = False) -> dict[int, Delivery]:
        """The reference's messages, by index, as they are in the database; with ``strangers`` there may be more."""
        trails = dict(Incident.objects.values_list("trail", "pk"))
        numbers = {pk: number for number, pk in enumerate(sorted(trails.values()))}
        homes: dict[int, tuple[int, int]] = {}
        counted: Counter[int] = Counter()
        for run, trail in EscalationRun.objects.order_by("id").values_list("pk", "trail"):
            homes[run] = (numbers[trails[trail]], counted[trail])
            counted[trail] += 1
        found: dict[tuple, list[Delivery]] = {}
        for row in Delivery.objects.only(*SEEN_OF).order_by("id"):
            home = homes[row.run_id] if row.run_id else (numbers[trails[row.trail_id]], NO_CLIMB)
            place = (*home, self.world.names[row.person_id], row.channel)
            found.setdefault(place, []).append(row)
        matched = {}
        for number, message in enumerate(self.outbox.messages):
            rows = found.get(message.place)
            if rows:
                matched[number] = rows.pop(0)
        left = [row for rows in found.values() for row in rows]
        assert strangers or not left, f"messages that nobody expected: {[(row.cause, str(row)) for row in left]}"
        return matched


# What is looked at of a message after every step, and no more.
SEEN_OF = (
    *("run_id", "trail_id", "person_id", "channel", "cause", "n", "kind", "epoch", "state"),
    *("limited", "behind", "next_at", "attempts", "overtaken"),
)


def seen_of(row: Delivery) -> tuple:
    """As ``Message.seen``."""
    waits = "service" if row.behind else "limit" if row.limited else ""
    return (row.kind, row.state, row.attempts, row.next_at, row.overtaken, waits if row.state == "queued" else "")
