"""People at the desk: decisions, advice, needs, links, files, and taking back what one has just done."""

import hashlib
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from escalation.kit import clock
from escalation.people.models import Skill
from incidents.models import Attachment, Incident
from incidents.models.advising import Advice, Advised

from .base import PEOPLE, SEEN, WHICH, WHO, Base, has_cases
from .ground import RARELY
from .reference.desk import Case
from .reference.desk_more import Before, Desk
from .world import minutes

ADVISED = Advised(verdict="now", signs=[{"key": "attempts", "failed": 3}], tier="L1", to="L2", preset="usual")
BODIES = st.sampled_from([b"a", b"b"])


def has_been_asked(case: Case) -> bool:
    """Whether somebody who must know was told, or asked, of what is open."""
    return case.authority is not None and case.authority.stop >= 0 and not case.authority.ended


def has_been_asked_to_decide(case: Case) -> bool:
    climb = case.authority
    if climb is None or not has_been_asked(case):
        return False
    return any(climb.plan.rung(stop).mode == "decide" for stop in range(climb.stop + 1))


class DeskRules(Base):
    def prepare(self) -> None:
        super().prepare()
        self.desk = Desk()

    @precondition(lambda self: any(has_been_asked(case) for case in self.cases))
    @rule(which=WHICH, who=st.sampled_from(["ines", "ada", "ada", "ana", "called"]), dies=RARELY)
    def decide(self, which, who, dies) -> None:
        asked = [case for case in self.cases if has_been_asked(case)]
        case = asked[which % len(asked)]
        by = self.one(case, who)
        self.verb(
            case,
            by,
            lambda i, p: i.decide(by=p, text="Close the shop."),
            lambda m: self.desk.decide(case, m),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, to=st.sampled_from([0, 1, 1, 2]), takes=st.booleans(), seen=SEEN, dies=RARELY)
    def answer_the_advice(self, which, who, to, takes, seen, dies) -> None:
        """The advice is made up here: what it rests on is judged elsewhere."""
        case = self.case(which)
        by, (plain, real) = self.one(case, who), self.seen(case, seen)
        stops, stop = case.run.plan.stops, to + max(case.run.stop, 0)
        inside = stop < len(stops)
        place = (stops[stop][0], case.run.plan.same_lap(stop).index(stop)) if inside else (9, 9)
        advice = Advice(advised=ADVISED, to=place, reason="time", text="Three attempts have failed.")
        if takes:
            self.verb(
                case,
                by,
                lambda i, p: i.take_advice(by=p, judge=lambda: advice, seen=real),
                lambda m: self.desk.take_advice(case, m, stop, plain),
                dies=dies,
            )
        else:
            self.verb(
                case,
                by,
                lambda i, p: i.decline_advice(by=p, judge=lambda: advice, text="Not yet.", seen=real),
                lambda m: self.desk.decline_advice(case, m, plain),
                dies=dies,
            )

    @has_cases
    @rule(which=WHICH, who=WHO, names=st.frozensets(st.sampled_from(["SQL", "Root"])), dies=RARELY)
    def state_needs(self, which, who, names, dies) -> None:
        case = self.case(which)
        by = self.one(case, who)
        skills = [Skill.objects.get_or_create(name=name)[0] for name in sorted(names)]
        self.verb(
            case,
            by,
            lambda i, p: i.state_needs(by=p, skills=skills),
            lambda m: self.desk.state_needs(case, m, names),
            dies=dies,
        )

    @precondition(lambda self: len(self.cases) > 1)
    @rule(which=WHICH, far=WHICH, who=WHO, how=st.sampled_from(["part", "related", "apart"]), dies=RARELY)
    def link(self, which, far, who, how, dies) -> None:
        case, other = self.case(which), self.case(far)
        by = self.one(case, who)
        if how == "apart":
            if case is not other:
                self.verb(
                    case,
                    by,
                    lambda i, p: i.unlink(self.incident(other), by=p),
                    lambda m: self.desk.unlink(case, other, m),
                    dies=dies,
                )
            return
        self.verb(
            case,
            by,
            lambda i, p: i.link(self.incident(other), kind=how, by=p),
            lambda m: self.desk.link(case, other, m, part=how == "part"),
            dies=dies,
        )

    @precondition(lambda self: any(case.files for case in self.cases))
    @rule(which=WHICH, who=st.sampled_from(["ana", "sam", "turn", "holder"]), body=BODIES, dies=RARELY)
    def take_file_away(self, which, who, body, dies) -> None:
        case = self.case(which)
        by = self.one(case, who)

        def really(incident: Incident, person) -> None:
            digest = hashlib.sha256(body).hexdigest()
            file = Attachment.objects.standing().filter(incident=incident, digest=digest).first()
            incident.take_file_away(by=person, file=file.pk if file else 0, text="Names.")

        self.verb(case, by, really, lambda m: self.desk.take_file_away(case, m, body), dies=dies)

    @has_cases
    @rule(which=WHICH, who=st.sampled_from(["ada", "ada", "ines", "turn"]), late=RARELY, dies=RARELY)
    def tell_authority(self, which, who, late, dies) -> None:
        case = self.case(which)
        self.verb(
            case,
            self.one(case, who),
            lambda i, p: i.tell_authority(by=p, text="It may take all day.", step="9.9" if late else None),
            lambda m: case.tell_authority(m, late=late),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, stops=st.booleans(), dies=RARELY)
    def says_whose_hands(self, which, who, stops, dies) -> None:
        case = self.case(which)
        by = self.one(case, who)
        if stops:
            self.verb(case, by, lambda i, p: i.stop_work(by=p), case.stop_work, dies=dies)
        else:
            self.verb(case, by, lambda i, p: i.begin_work(by=p), case.begin_work, dies=dies)

    @has_cases
    @rule(
        which=WHICH,
        who=WHO,
        what=st.sampled_from(["note", "hold", "hand_over", "reassign"]),
        to=st.sampled_from(PEOPLE),
        seconds=st.sampled_from([0, 0, 30, 60, 61]),
    )
    def think_again(self, which, who, what, to, seconds) -> None:
        """Does something, and takes it back before anything else happens."""
        case = self.case(which)
        by, before = self.one(case, who), self.incident(case).trail.length
        receiver, until, run = self.world.person(to), self.now + minutes(30), case.run
        offered = run.offered_to is not None if what == "hand_over" else case.last_passed == "offered"
        was = Before(what, self.now, run.holder, run.tier, offered, case.promised.clocks["update"])
        does = {
            "note": (lambda i, p: i.note(by=p, text="Looking."), case.note),
            "hold": (lambda i, p: i.hold(by=p, until=until, text="Waiting."), lambda m: case.hold(m, until)),
            "hand_over": (
                lambda i, p: i.hand_over(by=p, to=receiver, text="You know it."),
                lambda m: case.hand_over(m, to),
            ),
            "reassign": (lambda i, p: i.reassign(by=p, to=receiver), lambda m: case.reassign(m, to, None)),
        }
        self.verb(case, by, *does[what])
        trail = self.incident(case).trail.length
        if trail == before:  # refused
            return
        self.everything_holds()
        clock.forward(timedelta(seconds=seconds))
        self.verb(case, by, lambda i, p: i.undo(by=p, seq=trail), lambda m: self.desk.undo(case, m, was))
