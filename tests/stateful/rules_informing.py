"""Updates to stakeholders and followers: sent, sent twice, withdrawn, whatever else happens to the incident."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from incidents.models import Component, Follow, Service, Stakeholder, StatusPage, Update
from incidents.status.picture import PAST
from incidents.status.reading import read

from .base import WHICH, WHO, Base, has_cases
from .ground import RARELY
from .reference.informing import News

MUST_KNOW = st.sampled_from([("rita", "Payments", 5), ("ines", None, 2), ("kim", "Mail", 5), ("ana", None, 5)])


class InformingRules(Base):
    def prepare(self) -> None:
        super().prepare()
        self.news = News(self.cases)
        self.epochs: dict[int, tuple[tuple, str]] = {}  # of the form before, in both worlds

    def show_outsiders(self) -> None:
        """A public status page, as soon as somebody chooses an update for it."""
        if not StatusPage.objects.exists():
            page = StatusPage.objects.create(shown=StatusPage.Shown.PUBLIC, name="How we are")
            Component.objects.create(
                page=page, position=1, name="Web shop", service=Service.objects.get(name="Payments")
            )

    @rule(stake=MUST_KNOW)
    def must_know(self, stake) -> None:
        person, service, severity = stake
        if stake not in self.news.stakes:
            about = Service.objects.get(name=service) if service else None
            Stakeholder.objects.create(person=self.world.person(person), service=about, severity=severity)
            self.news.stakes.append(stake)

    @has_cases
    @rule(which=WHICH, who=st.sampled_from(["mei", "tom", "otto"]))
    def follow(self, which, who) -> None:
        case = self.case(which)
        if who in self.news.follows.setdefault(case.number, set()) or not case.may_see(who):
            return
        Follow.objects.create(incident=self.incident(case), person=self.world.person(who), at=self.now)
        self.news.follows[case.number].add(who)

    @has_cases
    @rule(
        which=WHICH,
        who=WHO,
        stage=st.sampled_from(["investigating", "resolved"]),
        page=st.sampled_from([False, False, True]),
        form=st.sampled_from(["fresh", "fresh", "old", "none"]),
        dies=RARELY,
    )
    def publish_update(self, which, who, stage, page, form, dies) -> None:
        case = self.case(which)
        if not self.news.stakes:
            self.must_know(("rita", "Payments", 5))
        if page:
            self.show_outsiders()
        fresh = (self.news.epoch(case), self.incident(case).update_epoch)
        forms = {"fresh": fresh, "old": self.epochs.get(case.number, fresh), "none": (None, None)}
        plain, real = forms[form]
        self.epochs[case.number] = fresh
        how = {"text": "We are on it.", "to_stakeholders": True, "on_status_page": page}
        self.verb(
            case,
            self.one(case, who),
            lambda i, p: i.publish_update(by=p, epoch=real, stage=stage, **how),
            lambda m: self.news.publish(case, m, stage=stage, page=page, epoch=plain),
            dies=dies,
        )

    @has_cases
    @rule(which=WHICH, who=WHO, number=st.integers(0, 2), dies=RARELY)
    def withdraw_update(self, which, who, number, dies) -> None:
        case = self.case(which)
        self.verb(
            case,
            self.one(case, who),
            lambda i, p: i.withdraw_update(by=p, number=number, text="It was wrong."),
            lambda m: self.news.withdraw(case, m, number),
            dies=dies,
        )

    # --- what people mostly do -------------------------------------------------------------------

    def to_inform(self, which: int, page: bool = False) -> None:
        """By one who would be told, if they were not the one who tells."""
        for stake in (("rita", "Payments", 5), ("ana", None, 5)):
            self.must_know(stake)
        self.publish_update(which, "ana", "investigating", page, "fresh", dies=False)

    def to_inform_and_think_again(self, which: int) -> None:
        self.to_inform(which, page=not self.case(which).restricted)
        self.everything_holds()
        self.withdraw_update(which, "ada", len(self.news.sent.get(self.case(which).number, [])), dies=False)

    def to_inform_of_what_is_restricted(self, which: int) -> None:
        """Before, and after."""
        self.to_inform(which)
        self.share(which, "ada", "ana", False, False, dies=False)
        self.everything_holds()
        self.to_inform(which)

    # --- what outsiders read ---------------------------------------------------------------------

    def outsiders_read_what_the_reference_says(self) -> None:
        """Nothing that nobody chose for them, that was withdrawn or is restricted; and all that is of today."""
        if not any(one.on_page for sent in self.news.sent.values() for one in sent):
            return
        _page, picture = read(self.now)
        shown = {word.pk for trouble in (*picture.troubles, *picture.past) for word in trouble.words}
        rows = Update.objects.filter(pk__in=shown).values_list("incident", "number")
        real = {(self.incidents[incident], number) for incident, number in rows}
        may = set().union(*(self.news.on_page(case) for case in self.cases))
        lately = [case for case in self.cases if case.resolved_at is None and case.merged_into is None]
        must = set().union(*(self.news.on_page(case, self.now - PAST) for case in lately))
        assert must <= real <= may, f"outsiders read {real}, and should read {must}, of {may} at the most"
