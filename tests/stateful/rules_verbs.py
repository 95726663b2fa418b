"""People at work: every verb, by whoever it is, from fresh forms and stale ones."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from escalation.people.models import Tier
from incidents.models import Incident, Service

from .base import PEOPLE, SEEN, WHICH, WHO, Base, has_cases
from .ground import RARELY
from .reference.moment import Moment
from .reference.organisation import No
from .reference.severity import Severity
from .rig import interrupted
from .world import FUNCTIONAL, minutes

few_cases = precondition(lambda self: len(self.cases) < 4)


class Verbs(Base):
    @few_cases
    @rule(
        by=st.sampled_from(["ana", "mei", "kim", "rita"]),
        service=st.sampled_from(["Payments", "Payments", "Mail", None]),
        affected=st.sampled_from([0, 40, 150, 1500]),
        restricted=RARELY,
        anyway=RARELY,
        dies=RARELY,
    )
    def open_incident(self, by, service, affected, restricted, dies, anyway=False) -> None:
        row = Service.objects.get(name=service) if service else None
        person = self.world.person(by)
        with interrupted("verb.written" if dies else None) as death:
            Incident.open(
                title="It is broken",
                service=row,
                people_affected=affected,
                by=person,
                restricted=restricted,
                call_anyway=anyway,
            )
        if not death.reached:
            facts = Severity(affected=affected)
            self.case_opened(Moment(self.now, by), service=service, facts=facts, restricted=restricted, anyway=anyway)

    @has_cases
    @rule(which=WHICH, who=WHO, seen=SEEN, dies=RARELY)
    def acknowledge(self, which, who, seen, dies) -> None:
        case = self.case(which)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)
        self.verb(
            case,
            by,
            lambda incident, person: incident.acknowledge(by=person, seen=real),
            lambda m: case.acknowledge(m, plain),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=st.sampled_from(["ines", "rita", "ada", "ana", "called"]), dies=RARELY)
    def answer_as_manager(self, which, who, dies) -> None:
        case = self.case(which)
        self.verb(
            case,
            self.one(case, who),
            lambda incident, person: incident.answer(by=person),
            case.answer,
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, what=st.sampled_from(["note", "mention", "helped", "no_effect", "worse"]), dies=RARELY)
    def write_down(self, which, who, what, dies) -> None:
        case = self.case(which)
        if what == "note":
            really = lambda incident, person: incident.note(by=person, text="It smells of smoke.")  # noqa: E731
            plainly = case.note
        elif what == "mention":
            really = lambda incident, person: incident.note(by=person, text="Do look, @Tom Adeyemi.")  # noqa: E731
            plainly = lambda m: case.note(m, mentions="tom")  # noqa: E731
        else:
            really = lambda incident, person: incident.attempt(by=person, text="Restart.", outcome=what)  # noqa: E731
            plainly = lambda m: case.attempt(m, what)  # noqa: E731
        self.verb(case, self.one(case, who), really, plainly, dies=dies)

    @has_cases
    @rule(
        which=WHICH,
        who=WHO,
        facts=st.sampled_from([("affected", 0), ("affected", 200), ("affected", 2000), ("urgency", 1), ("impact", 3)]),
        dies=RARELY,
    )
    def state_facts(self, which, who, facts, dies) -> None:
        case, (name, value) = self.case(which), facts
        column = "people_affected" if name == "affected" else name
        self.verb(
            case,
            self.one(case, who),
            lambda incident, person: incident.state(by=person, **{column: value}),
            lambda m: case.state(m, **{name: value}),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, severity=st.sampled_from([1, 1, 2, 4, None]), dies=RARELY)
    def overrule_severity(self, which, who, severity, dies) -> None:
        case = self.case(which)
        self.verb(
            case,
            self.one(case, who),
            lambda incident, person: incident.set_severity(by=person, severity=severity, text="I know it."),
            lambda m: case.set_severity(m, severity),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, to=st.sampled_from([None, None, 0, 1, 2]), seen=SEEN, dies=RARELY)
    def escalate(self, which, who, to, seen, dies) -> None:
        """``to``: the next step, or a stop of the whole climb, be it ahead or not."""
        case = self.case(which)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)
        stops = case.run.plan.stops
        stop = None if to is None else to + max(case.run.stop, 0)
        place = None
        if stop is not None:
            inside = stop < len(stops)
            place = (stops[stop][0], case.run.plan.same_lap(stop).index(stop)) if inside else (9, 9)
        self.verb(
            case,
            by,
            lambda incident, person: incident.escalate(by=person, reason="time", text="Too long.", to=place, seen=real),
            lambda m: case.escalate(m, stop, plain),
            dies=dies,
        )

    # --- passing -------------------------------------------------------------------------------

    @has_cases
    @rule(
        which=WHICH,
        who=st.sampled_from(["holder", "holder", "holder", "ana"]),
        to=st.sampled_from(PEOPLE),
        seen=SEEN,
        dies=RARELY,
    )
    def hand_over(self, which, who, to, seen, dies) -> None:
        case = self.case(which)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)
        receiver = self.world.person(to)
        self.verb(
            case,
            by,
            lambda incident, person: incident.hand_over(by=person, to=receiver, text="You know it.", seen=real),
            lambda m: case.hand_over(m, to, plain),
            dies=dies,
        )

    @precondition(lambda self: any(case.run.offered_to for case in self.cases))
    @rule(
        which=WHICH,
        says=st.sampled_from(["accept", "accept", "acknowledge", "decline", "take_back"]),
        anybody=st.sampled_from([None, None, None, "jo"]),
        seen=SEEN,
        dies=RARELY,
    )
    def answer_the_offer(self, which, says, anybody, seen, dies) -> None:
        offered = [case for case in self.cases if case.run.offered_to]
        case = offered[which % len(offered)]
        by = anybody or (case.run.offered_by if says == "take_back" else case.run.offered_to)
        plain, real = self.seen(case, seen)
        words = {"text": "Not me."} if says == "decline" else {}
        self.verb(
            case,
            by,
            lambda incident, person: getattr(incident, says)(by=person, seen=real, **words),
            lambda m: getattr(case, says)(m, plain),
            dies=dies,
        )

    @has_cases
    @rule(
        which=WHICH,
        who=st.sampled_from(["ada", "kim", "sam", "holder", "mei"]),
        to=st.one_of(st.none(), st.sampled_from(PEOPLE)),
        tier=st.sampled_from(FUNCTIONAL),
        seen=SEEN,
        dies=RARELY,
    )
    def reassign(self, which, who, to, tier, seen, dies) -> None:
        """To a person where they work, or to a tier."""
        case = self.case(which)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)
        receiver = self.world.person(to) if to else None
        row = None if to else Tier.objects.get(name=tier)
        self.verb(
            case,
            by,
            lambda incident, person: incident.reassign(by=person, to=receiver, tier=row, seen=real),
            lambda m: case.reassign(m, to, None if to else tier, plain),
            dies=dies,
        )

    # --- stopping and ending ---------------------------------------------------------------------

    @has_cases
    @rule(which=WHICH, who=WHO, span=st.sampled_from([-1, 2, 30, 240]), seen=SEEN, dies=RARELY)
    def hold(self, which, who, span, seen, dies) -> None:
        case = self.case(which)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)
        until = self.now + minutes(span)
        self.verb(
            case,
            by,
            lambda incident, person: incident.hold(by=person, until=until, text="A part is on its way.", seen=real),
            lambda m: case.hold(m, until, plain),
            dies=dies,
        )

    @precondition(lambda self: any(case.run.held_until for case in self.cases))
    @rule(which=WHICH, who=WHO, seen=SEEN, dies=RARELY)
    def resume(self, which, who, seen, dies) -> None:
        held = [case for case in self.cases if case.run.held_until]
        case = held[which % len(held)]
        by, (plain, real) = self.one(case, who), self.seen(case, seen)
        self.verb(
            case,
            by,
            lambda incident, person: incident.resume(by=person, seen=real),
            lambda m: case.resume(m, plain),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, seen=SEEN, dies=RARELY)
    def resolve(self, which, who, seen, dies) -> None:
        case = self.case(which)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)

        def plainly(m: Moment) -> None:
            case.resolve(m, plain)
            self.doors.ended_by_hand(case)

        self.verb(
            case,
            by,
            lambda incident, person: incident.resolve(by=person, cause="change", text="Rolled back.", seen=real),
            plainly,
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, person=st.sampled_from(PEOPLE), lifts=st.booleans(), lets_in=st.booleans(), dies=RARELY)
    def share(self, which, who, person, lifts, lets_in, dies) -> None:
        """Somebody is let in, or it is restricted, or that is lifted."""
        case = self.case(which)
        by, other = self.one(case, who), self.world.person(person)
        if lets_in:
            self.verb(
                case, by, lambda i, p: i.let_in(by=p, person=other), lambda m: case.bring_in(m, person), dies=dies
            )
        elif lifts:
            self.verb(case, by, lambda i, p: i.lift_restriction(by=p, text="Over."), case.lift_restriction, dies=dies)
        else:
            self.verb(case, by, lambda i, p: i.restrict(by=p, text="Names."), case.restrict, dies=dies)

    @has_cases
    @rule(which=WHICH, who=WHO, body=st.sampled_from([b"a", b"b"]), dies=RARELY)
    def attach(self, which, who, body, dies) -> None:
        case = self.case(which)
        by = self.one(case, who)
        self.verb(
            case, by, lambda i, p: i.attach(by=p, name="a.log", body=body), lambda m: case.attach(m, body), dies=dies
        )

    @precondition(lambda self: len(self.cases) > 1)
    @rule(which=WHICH, into=WHICH, who=WHO, seen=SEEN, dies=RARELY)
    def merge(self, which, into, who, seen, dies) -> None:
        case, other = self.case(which), self.case(into)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)

        def plainly(m: Moment) -> None:
            case.merge_into(m, other, plain)
            self.doors.moved(case, other)

        self.verb(
            case,
            by,
            lambda incident, person: incident.merge_into(self.incident(other), by=person, text="The same.", seen=real),
            plainly,
            dies=dies,
        )

    @precondition(lambda self: any(case.resolved_at for case in self.cases))
    @rule(which=WHICH, who=WHO, seen=SEEN, dies=RARELY)
    def reopen(self, which, who, seen, dies) -> None:
        over = [case for case in self.cases if case.resolved_at]
        case = over[which % len(over)]
        by, (plain, real) = self.one(case, who), self.seen(case, seen)

        def plainly(m: Moment) -> None:
            case.may_reopen(m, plain)
            keys = self.doors.revived(case)
            if keys is None:
                raise No
            for key in keys:
                key.ended = False
            case.reopen(m)

        self.verb(
            case,
            by,
            lambda incident, person: incident.reopen(by=person, text="It came back.", seen=real),
            plainly,
            dies=dies,
        )

    @has_cases
    @rule(who=st.sampled_from(PEOPLE))
    def look_around(self, who) -> None:
        """Who sees what, and what they may do with it."""
        person = self.world.person(who)
        shown = set(Incident.objects.visible_to(person).values_list("pk", flat=True))
        for case in self.cases:
            incident = self.incident(case)
            rights = incident.rights(person)
            found = (incident.pk in shown, rights.act, rights.reassign)
            assert found == (case.may_see(who), case.may_act(who), case.may_reassign(who)), (incident.ref, who, found)
