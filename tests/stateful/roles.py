"""A machine of its own: roles, while people take, pass on and leave them, and somebody else comes on call."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from escalation.engine import climb
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Timer
from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.oncall.models import Schedule
from escalation.people.models import Tier, User
from incidents.models import Access, Incident, IncidentRole, RolePlan, RoleSource, Service, role_filling

from .ground import RARELY, Ground
from .reference.organisation import No, Step
from .reference.roles import ROLES, Parts
from .rig import interrupted
from .world import World

SOURCES = {"lead": "baton", "communicator": "rota", "scribe": "tier"}
SEVERE = 2
ROLE = st.sampled_from(ROLES)
WHO = st.sampled_from(["has", "has", "asked", "asked", "ana", "jo", "mei", "kim", "ada", "rita", "otto"])
TO = st.sampled_from(["jo", "mei", "kim", "rita", "tom", "otto"])

has_cases = precondition(lambda self: self.cases)


class Roles(Ground):
    @initialize(severity=st.sampled_from([2, 2, 4]), restricted=RARELY)
    def it_begins(self, severity, restricted) -> None:
        self.bundled_within(0)
        self.world = World()
        self.world.make_policy("Payments", [Step("L1"), Step("L2")])
        for tier in ("L1", "L2"):  # the baton moves by hand alone here
            self.world.edit_tier(tier, ack=5, work=None)
        self.world.service("Payments", "Desk", "Payments")
        plan = RolePlan.objects.create(service=Service.objects.get(name="Payments"), from_severity=SEVERE)
        RoleSource.objects.create(plan=plan, role="lead")
        RoleSource.objects.create(plan=plan, role="communicator", schedule=Schedule.objects.get(name="days"))
        RoleSource.objects.create(plan=plan, role="scribe", tier=Tier.objects.get(name="L1"))
        self.cases: list[Parts] = []
        self.opens(severity, restricted)

    # --- both at once --------------------------------------------------------------------------

    def incident(self, which: int) -> Incident:
        return Incident.objects.order_by("id")[which % len(self.cases)]

    def case(self, which: int) -> Parts:
        return self.cases[which % len(self.cases)]

    def there(self, at: datetime | None = None) -> dict[str, list[str]]:
        return {
            "lead": [],
            "communicator": self.world.org.on_call(("days",), at or self.now),
            "scribe": self.world.org.crew("L1", at or self.now),
        }

    def stayed(self, role: str, since: datetime) -> list[str]:
        """Who was there then, if nothing has changed of it."""
        org = self.world.org
        rotas = {"communicator": ("days",), "scribe": org.serving("L1")}[role]
        changed = any(org.rotas[name].changed(since, self.now) for name in rotas if org.on_call((name,), since))
        return [] if changed else self.there(since)[role]

    def holder(self, incident: Incident) -> str | None:
        return self.world.names.get(incident.run.holder_id) if incident.run else None

    def fill(self, which: int) -> None:
        incident = self.incident(which)
        if incident.severity <= SEVERE:
            self.case(which).fill(self.there(), SOURCES, self.holder(incident), self.now)

    def both(self, which: int, by: str, really: Callable, plainly: Callable, *, dies: bool) -> None:
        incident, person = self.incident(which), self.world.person(by)
        may = incident.may_act(person)
        refused = expected = None
        with interrupted("verb.written" if dies else None) as death:
            try:
                really(incident, person)
            except Refused as refusal:
                refused = refusal.code
        if death.reached:
            return
        try:
            if not may:
                raise No("not-allowed")
            plainly(self.case(which))
        except No as no:
            expected = no.code
        assert refused == expected, f"refused with {refused!r}, and {expected!r} was expected"

    def one(self, which: int, role: str, who: str) -> str:
        part = self.case(which).parts.get(role)
        meant = {"has": part and part.has, "asked": part and part.asked}
        return who if who not in meant else meant[who] or "ana"

    # --- people --------------------------------------------------------------------------------

    @precondition(lambda self: len(self.cases) < 2)
    @rule(severity=st.sampled_from([2, 2, 4]), restricted=RARELY)
    def opens(self, severity, restricted) -> None:
        Incident.open(
            title="Card payments fail",
            service=Service.objects.get(name="Payments"),
            reported_severity=severity,
            impact=3,
            urgency=3,
            by=self.world.person("ana"),
            restricted=restricted,
        )
        self.cases.append(Parts(restricted))
        self.fill(len(self.cases) - 1)

    @has_cases
    @rule(which=st.integers(0, 1), role=ROLE, who=WHO, dies=RARELY)
    def take(self, which, role, who, dies) -> None:
        by = self.one(which, role, who)
        self.both(which, by, lambda i, p: i.take_role(role, by=p), lambda c: c.take(role, by, self.now), dies=dies)

    @has_cases
    @rule(which=st.integers(0, 1), role=ROLE, who=WHO, to=TO, dies=RARELY)
    def pass_on(self, which, role, who, to, dies) -> None:
        by, incident = self.one(which, role, who), self.incident(which)
        receiver, known = self.world.person(to), self.world.org.people[to]
        leads, holder = incident.may_reassign(self.world.person(by)), self.holder(incident)
        fit = known.active and not known.auditor
        self.both(
            which,
            by,
            lambda i, p: i.pass_role(role, by=p, to=receiver),
            lambda c: c.ask(role, by, to, leads=leads, holder=holder, fit=fit),
            dies=dies,
        )

    @has_cases
    @rule(which=st.integers(0, 1), role=ROLE, who=WHO, dies=RARELY)
    def refuse(self, which, role, who, dies) -> None:
        by, incident = self.one(which, role, who), self.incident(which)
        leads, holder = incident.may_reassign(self.world.person(by)), self.holder(incident)
        self.both(
            which,
            by,
            lambda i, p: i.refuse_role(role, by=p),
            lambda c: c.refuse(role, by, leads=leads, holder=holder),
            dies=dies,
        )

    @has_cases
    @rule(which=st.integers(0, 1), role=ROLE, who=WHO, dies=RARELY)
    def leave(self, which, role, who, dies) -> None:
        by = self.one(which, role, who)
        self.both(which, by, lambda i, p: i.leave_role(role, by=p), lambda c: c.leave(role, by), dies=dies)

    @has_cases
    @rule(which=st.integers(0, 1), what=st.sampled_from(["acknowledge", "hold", "resume", "lift", "resolve", "reopen"]))
    def something_else(self, which, what) -> None:
        """Valid, or nothing."""
        incident, case, ada = self.incident(which), self.case(which), self.world.person("ada")
        try:
            if what == "acknowledge":
                incident.acknowledge(by=self.world.person("jo"))
            elif what == "hold":
                incident.hold(by=ada, until=self.now + timedelta(hours=30), text="Waiting")
                case.held = True
            elif what == "resume":
                incident.resume(by=ada)
                case.held = False
            elif what == "lift":
                incident.lift_restriction(by=ada, text="Known by now")
                case.restricted = False
            elif what == "resolve":
                incident.resolve(by=ada, cause="change", text="Rolled back")
                case.over, case.held = True, False
                for part in case.parts.values():
                    part.asked = part.asker = None
            else:
                incident.reopen(by=ada, text="Again")
                case.over, case.parts = False, {}
                self.fill(which)
        except Refused:
            return

    @has_cases
    @rule(which=st.integers(0, 1), severity=st.sampled_from([1, 2, 4]))
    def judged_anew(self, which, severity) -> None:
        incident = self.incident(which)
        if incident.resolved_at is None and incident.severity_override != severity:
            before = incident.severity
            incident.set_severity(by=self.world.person("ada"), severity=severity, text="So it is")
            if before != severity:
                self.fill(which)

    # --- the roster and the clock --------------------------------------------------------------

    @rule(person=st.sampled_from(["tom", "rita", "kim", None]), hours=st.sampled_from([1, 6, 30]))
    def somebody_covers(self, person, hours) -> None:
        if person is None or self.world.org.people[person].active:
            self.world.cover("days", person, self.now, self.now + timedelta(hours=hours))

    @rule(person=st.sampled_from(["mei", "kim", "tom"]), active=st.booleans())
    def comes_or_goes(self, person, active) -> None:
        self.world.activate(person, active)

    @rule(hours=st.sampled_from([0.6, 6, 24, 40]))
    def time_passes(self, hours) -> None:
        """At least as long as it takes to notice that a schedule was changed."""
        end = self.now + timedelta(hours=hours)
        while (due := climb.next_due()) is not None and due <= end:
            clock.fix(max(due, self.now))
            climb.drain()
        clock.fix(end)
        climb.drain()
        active = [name for name, person in self.world.org.people.items() if person.active]
        for which, case in enumerate(self.cases):
            incident = self.incident(which)
            case.held = bool(incident.run and incident.run.held_until)
            if not case.parts and not case.over:  # it became so severe while it was on hold
                self.fill(which)
            case.look(self.there(), active, self.holder(incident), self.stayed)
        said = [str(one) for one in auditing.audit(repair=False, read_seconds=0).findings]
        assert not [words for words in said if words.startswith(("I18", "I2 ")) or "roster" in words], said

    # --- what mostly happens, so that every play gets somewhere ----------------------------------

    @has_cases
    @rule(
        which=st.integers(0, 1), person=st.sampled_from(["tom", "kim"]), answers=st.sampled_from(["yes", "no", "ask"])
    )
    def the_shift_changes(self, which, person, answers) -> None:
        """Somebody else is on call, is asked, and says something or asks a colleague once they have it."""
        self.comes_or_goes(person, True)
        self.somebody_covers(person, 30)
        self.time_passes(0.6)
        self.rows_are_as_the_reference_says()
        if answers == "no":
            self.refuse(which, "communicator", "asked", False)
        else:
            self.take(which, "communicator", "asked", False)
        if answers == "ask":
            self.pass_on(which, "communicator", "has", "mei", False)
        self.time_passes(0.6)

    @has_cases
    @rule(which=st.integers(0, 1), role=st.sampled_from(["communicator", "scribe"]))
    def it_is_left(self, which, role) -> None:
        self.leave(which, role, "has", False)
        self.time_passes(0.6)

    # --- what holds ----------------------------------------------------------------------------

    @invariant()
    def rows_are_as_the_reference_says(self) -> None:
        name = self.world.names.get
        for which, case in enumerate(self.cases):
            incident = self.incident(which)
            rows = {row.role: row for row in incident.roles.all()}
            real = {
                role: (name(row.person_id), name(row.offered_to_id), name(row.offered_by_id), row.ended_at is not None)
                for role, row in rows.items()
            }
            plain = {role: (part.has, part.asked, part.asker, case.over) for role, part in case.parts.items()}
            assert real == plain, f"{incident.ref}: is {real}, should be {plain}"
            self._is_looked_at(incident, case)
            self._may_see_and_were_told(incident, rows.values())

    def _is_looked_at(self, incident: Incident, case: Parts) -> None:
        armed = Timer.objects.filter(trail=incident.trail_id, kind=role_filling.TIMER, state="armed").count()
        if case.restricted or case.over or not case.parts:
            assert armed <= (not case.over), f"{armed} timers look at {incident.ref}"
        else:
            assert armed == 1, f"{armed} timers look at {incident.ref}"

    def _may_see_and_were_told(self, incident: Incident, rows) -> None:
        may = set(Access.objects.filter(incident=incident, person__isnull=False).values_list("person", flat=True))
        told = Delivery.objects.filter(trail=incident.trail_id, channel="desk", kind__in=("role", "role_offer"))
        asked = set(told.filter(kind="role_offer").values_list("person", flat=True))
        for row in rows:
            for person in filter(None, (row.person_id, row.offered_to_id)):
                assert person in may, f"{User.objects.get(pk=person)} has a role on {incident.ref} and cannot see it"
            assert row.offered_to_id is None or row.offered_to_id in asked, f"{row.offered_to} was not told"

    @invariant()
    def nobody_has_what_is_not_kept(self) -> None:
        assert IncidentRole.objects.count() == sum(len(case.parts) for case in self.cases)
