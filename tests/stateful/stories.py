"""What people mostly do, so that every play gets somewhere: a few valid moves before the mischief.

Each move acts on one incident, with rights and tokens as they should be, and first brings about what
it needs: for an offer somebody has to hold the baton.
"""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .checks import Checks
from .moves_beside import FINE, MovesBeside
from .reference.organisation import Step
from .reference.ruling import Ruling
from .rules_alerts import Alerts
from .rules_oncall import OnCallRules
from .rules_outside import Elsewhere
from .rules_people import People
from .rules_poison import WAYS, Poison
from .rules_reach import Reach
from .rules_time import Time
from .rules_verbs import Verbs
from .rules_windows import Windows


class Moves(Alerts, Poison, Verbs, Elsewhere, MovesBeside, People, OnCallRules, Reach, Time, Windows, Checks):
    """``to_…`` are moves by name; ``which`` as in the rules."""

    def to_answer(self, which: int) -> None:
        case = self.case(which)
        if case.status == "triggered":
            who = "called" if case.may_act(self.one(case, "called")) else "ada"
            self.acknowledge(which, who, **FINE)

    def to_answer_as_manager(self, which: int) -> None:
        self.answer_as_manager(which, "ada", dies=False)

    def to_offer(self, which: int) -> None:
        self.to_answer(which)
        if self.case(which).status == "acknowledged":
            self.hand_over(which, "holder", "kim" if self.case(which).run.holder != "kim" else "tom", **FINE)

    def to_accept(self, which: int) -> None:
        if not self.case(which).run.offered_to:
            self.to_offer(which)
        if self.case(which).run.offered_to:
            self.acknowledge(which, "receiver", **FINE)

    def to_escalate(self, which: int) -> None:
        self.escalate(which, "ada", None, **FINE)

    def to_give_it_to_mei(self, which: int) -> None:
        self.reassign(which, "ada", "mei", "L1", **FINE)

    def to_give_it_to_a_tier(self, which: int) -> None:
        self.reassign(which, "ada", None, "L2", **FINE)

    def to_give_it_back_to_the_desk(self, which: int) -> None:
        self.reassign(which, "ada", None, "L1", **FINE)

    def to_put_off(self, which: int) -> None:
        self.acknowledged_elsewhere(which, again=False, dies=False)

    def to_hold(self, which: int) -> None:
        self.hold(which, "ada", 30, **FINE)

    def to_resume(self, which: int) -> None:
        case = self.case(which)
        if not case.run.held_until:
            self.to_hold(which)
        self.time_passes(61)
        held = [each for each in self.cases if each.run.held_until]
        if case in held:
            self.resume(held.index(case), "ada", **FINE)

    def to_resolve(self, which: int) -> None:
        self.resolve(which, "ada", **FINE)

    def to_reopen(self, which: int) -> None:
        case = self.case(which)
        if not case.resolved_at:
            self.to_resolve(which)
        over = [each for each in self.cases if each.resolved_at]
        self.reopen(over.index(case), "ada", **FINE)

    def to_worst_severity(self, which: int) -> None:
        self.overrule_severity(which, "ada", 1, dies=False)

    def to_lose_the_holder(self, which: int) -> None:
        self.to_answer(which)
        holder = self.case(which).run.holder
        if holder not in (None, "ada"):
            self.world.activate(holder, False)

    # --- rules -----------------------------------------------------------------------------------

    def to_many_people(self, which: int) -> None:
        self.state_facts(which, "ada", ("affected", 2000), dies=False)
        self.drain(1, None)

    def to_attempts_that_fail(self, which: int) -> None:
        for _time in range(2):
            self.write_down(which, "ada", "no_effect", dies=False)
        self.drain(1, None)

    def to_other_rules(self, which: int) -> None:
        """Of the policy; what runs keeps its own."""
        self.edit_rules(None)
        self.edit_rules(Ruling("", "escalate", people=1))
        self.edit_rules(Ruling("", "inform", unanswered=3, whom=("rita",)))

    # --- a policy that waits ---------------------------------------------------------------------

    def to_wait_to_begin(self, which: int) -> None:
        """A new incident, under a policy that calls nobody for a while."""
        self.world.edit_policy("Payments", begins=10)
        self.to_small_incident(which)

    def to_begin_after_all(self, which: int) -> None:
        self.to_wait_to_begin(which)
        self.time_passes(601)
        self.drain(1, None)

    # --- maintenance -----------------------------------------------------------------------------

    def to_maintenance(self, which: int) -> None:
        """Of everything, in a moment, and it begins."""
        if len(self.windows.all) < 6:
            self.plan_a_window(None, 1, 20, dies=False)
            self.time_passes(61)
            self.drain(1, None)

    def to_end_maintenance(self, which: int) -> None:
        if not any(window.on(self.now) for window in self.windows.all):
            self.to_maintenance(which)
        on = [back for back, window in enumerate(reversed(self.windows.all)) if window.on(self.now)]
        if on:
            self.change_a_window(on[0], "end", dies=False)
            self.drain(1, None)

    def to_outlast_maintenance(self, which: int) -> None:
        self.next_steps_come(3, 0, None)

    # --- the clock, the post and monitoring ------------------------------------------------------

    def to_next_step(self, which: int) -> None:
        self.next_steps_come(1, 0, None)

    def to_late_step(self, which: int) -> None:
        self.next_steps_come(1, 400, None)

    def to_step_that_nobody_survives(self, which: int) -> None:
        self.a_step_is_poison(which, "kills", True, 4, 0)

    def to_step_that_changes_while_it_is_tried(self, which: int) -> None:
        self.somebody_is_faster(which, WAYS[-1], 30)

    def to_some_time(self, which: int) -> None:
        self.time_passes(61)

    def to_post(self, which: int) -> None:
        self.post_goes_out("send", None)

    def to_busy_post(self, which: int) -> None:
        """It does not leave at first, and later it does."""
        self.mood_of_the_post(self.one(self.case(which), "called"), "busy")
        self.post_goes_out("send", None)
        self.mood_of_the_post(self.one(self.case(which), "called"), "fine")
        self.time_passes(61)
        self.post_goes_out("send", None)

    def to_unreachable(self, which: int) -> None:
        """Everybody who is called is refused."""
        for person in {message.person for message in self.outbox.messages if message.state == "queued"}:
            self.mood_of_the_post(person, "refuses")
        self.post_goes_out("send", None)
        self.drain(1, None)

    def to_undeliverable_offer(self, which: int) -> None:
        """Whoever it is offered to cannot be told."""
        self.to_offer(which)
        if self.case(which).run.offered_to:
            self.mood_of_the_post(self.one(self.case(which), "receiver"), "refuses")
            self.post_goes_out("send", None)
            self.drain(1, None)

    def to_frozen_worker(self, which: int) -> None:
        """Meanwhile somebody answers, its leases end, and others do its work."""
        if self.calm:
            self.worker_freezes(2)
        self.to_answer(which)
        self.time_passes(61)
        self.post_goes_out("sweep", None)
        while any(self.workers):
            self.worker_goes_on()

    def to_cover(self, which: int) -> None:
        """Somebody else is on call now, and the tiers call by that schedule."""
        self.world.serve("days", "L2", True)
        self.somebody_covers("days", "kim", 0, 6)

    def to_have_nobody_on_call(self, which: int) -> None:
        self.world.serve("nights", "L1", True)
        self.somebody_covers("nights", None, 0, 6)

    def to_wait_for_a_shift(self, which: int) -> None:
        """A new incident's only step has nobody on call, and waits for whoever comes next."""
        self.somebody_covers("nights", None, 0, 6)
        self.another_policy([Step("L1", rotas=("nights",), awaits=True)], "Mail")
        self.open_incident("ada", "Mail", 0, False, False)
        self.to_the_next_shift(which)

    def to_the_next_shift(self, which: int) -> None:
        self.a_minute_has_passed()
        self.time_passes(6 * 3600)
        self.drain(1, None)

    def to_chains(self, which: int) -> None:
        """Everybody of the first tiers is called by more than one way."""
        for person in ("ana", "jo", "mei", "tom"):
            for urgency in ("loud", "quiet"):
                self.settles_rules(person, urgency, [(0, "mail"), (1, "phone"), (7, "phone"), (7, "other mail")])

    def to_two_tiers_of_the_same(self, which: int) -> None:
        """Whoever is called first is called in the next step too."""
        self.to_chains(which)
        for person in ("ana", "jo"):
            self.world.join(person, "Applications", "agent")

    def to_lose_a_phone(self, which: int) -> None:
        self.loses_a_way(self.one(self.case(which), "called"), "phone", True)

    # --- what holds messages back ------------------------------------------------------------------

    def to_quiet_hours(self, which: int) -> None:
        """Now, of whom the next steps call, for longer than any of these steps; and two who wake up soon."""
        for person, lasts in (("ana", 480), ("jo", 2), ("mei", 480), ("tom", 8)):
            self.wants_quiet(person, 0, lasts, 540)
        self.to_small_incident(which)

    def to_small_incident(self, which: int, service: str = "Payments") -> None:
        if len(self.cases) < 4:
            self.open_incident("ana", service, 0, False, False)

    def to_loud_after_all(self, which: int) -> None:
        """What waits for a morning, or for the limit, waits no longer."""
        self.to_small_incident(which)
        self.post_goes_out("send", None)
        self.to_worst_severity(0)
        self.post_goes_out("send", None)

    def to_a_limit(self, which: int) -> None:
        """And more to tell than that: by two ways at once, and of one incident after the other."""
        self.is_limited("email", 1)
        self.settles_rules("jo", "quiet", [(0, "mail"), (0, "other mail"), (1, "phone")])
        for _time in range(2):
            self.to_small_incident(which)
            self.post_goes_out("send", None)

    def to_no_limit(self, which: int) -> None:
        self.is_limited("email", None)

    def to_broken_mail(self, which: int) -> None:
        """Nobody answers there, so that it is left alone after a while."""
        self.post.away.add("email")
        for seconds in (0, 5, 15, 31):
            self.time_passes(seconds)
            self.post_goes_out("send", None)
        self.drain(1, None)

    def to_broken_mail_and_phones(self, which: int) -> None:
        """Who has one is called by it before its time."""
        self.to_chains(which)
        self.to_small_incident(which)
        self.to_broken_mail(which)

    def to_mended_mail(self, which: int) -> None:
        """What waits for it leaves, once one has got through."""
        if not self.outbox.away:
            self.to_broken_mail(which)
        self.post.away.clear()
        self.time_passes(301)
        self.post_goes_out("send", None)

    def to_lose_agents(self, which: int) -> None:
        for person in ("jo", "mei"):
            self.world.activate(person, False)

    def to_fire(self, which: int) -> None:
        self.alert_fires("north", "disk", (True, True), "warning", None)

    def to_fire_worse(self, which: int) -> None:
        self.alert_fires("north", "disk", (True, None), "critical", None)

    def to_lose_a_task(self, which: int) -> None:
        """The door only keeps the message, the bell is lost, and later the task comes twice."""
        if sum(not receipt.done for receipt in self.doors.receipts) > 1:
            return  # how many are worked off together is seen in ``storms``
        self.the_task_runs(1)
        self.alert_fires("south", "net", (True,), "error", "stumbles")
        self.time_passes(61)
        self.the_task_runs(2)

    def to_end_the_alerts(self, which: int) -> None:
        self.alert_ends("north", "disk", None)


NAMES = sorted(name.removeprefix("to_") for name in dir(Moves) if name.startswith("to_"))
OFTEN = ["quiet_hours", "a_limit", "loud_after_all", "many_people", "attempts_that_fail"]  # they need others to matter
STORY = st.lists(st.sampled_from([*NAMES, *OFTEN]), min_size=2, max_size=10)


class Stories(Moves):
    def play(self, which: int, moves: list[str]) -> None:
        for move in moves:
            try:
                getattr(self, f"to_{move}")(which)
                self.everything_holds()
            except AssertionError as error:
                error.add_note(f"at “{move}”")
                raise

    @precondition(lambda self: self.cases)
    @rule(which=st.sampled_from([0, 0, 1]), moves=STORY)
    def usual_story(self, which, moves) -> None:
        self.play(which, moves)
