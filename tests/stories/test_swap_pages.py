"""Jo asks somebody to take her shift: on pages, on My cues, and by message."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.engine import deliver
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.oncall.models import Override, Schedule, SwapRequest
from escalation.oncall.shifts import on_call
from escalation.oncall.swaps import Wish
from tests.escalation.test_schedules import make_schedule, turn
from tests.stories.test_on_call_pages import as_, page

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Jo is on call today and the day after tomorrow, Ana tomorrow; hand-off at nine."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


@pytest.fixture
def asked(cast, desk, clock):
    def ask(who=None, takes=None) -> SwapRequest:
        return desk.ask_swap(Wish(turn(desk, clock, 2), who, takes, "A concert"), by=cast.jo)

    return ask


def told(cause: str) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(cause__endswith=cause, channel="email").order_by("person__name")
    return [(row.person.get_short_name(), row.state) for row in rows.select_related("person")]


def url(noun: str, swap: SwapRequest) -> str:
    return reverse(noun, args=[swap.schedule_id, swap.pk])


# --- asking ---------------------------------------------------------------------------------------


def test_somebody_is_asked_from_the_shift_itself(cast, desk, clock):
    shift = turn(desk, clock, 2)
    said = page(cast.jo, "schedule", desk.pk)
    assert reverse("swap-request", args=[desk.pk]) in said
    query = {"from": shift.start.isoformat(), "until": shift.end.isoformat()}
    address = reverse("swap-request", args=[desk.pk])
    asked = as_(cast.jo).get(address, query).content.decode()
    assert 'value="2026-03-04T09:00"' in asked and "Mei Tanaka" not in asked
    form = {"starts_at": "2026-03-04T09:00", "ends_at": "2026-03-05T09:00", "asked": cast.ana.pk, "text": "A concert"}
    assert as_(cast.jo).post(address, form).status_code == 302
    swap = SwapRequest.objects.get()
    assert (swap.giver, swap.asked, swap.text) == (cast.jo, cast.ana, "A concert")
    assert (swap.starts_at, swap.ends_at) == tuple(shift)
    assert "Jo Okafor asks Ana Ruiz" in page(cast.sam, "schedule", desk.pk)


def test_a_time_in_return_is_asked_for_whole_or_not_at_all(cast, desk):
    address = reverse("swap-request", args=[desk.pk])
    form = {"starts_at": "2026-03-04T09:00", "ends_at": "2026-03-05T09:00", "asked": cast.ana.pk}
    half = as_(cast.jo).post(address, {**form, "return_starts_at": "2026-03-03T09:00"})
    assert half.status_code == 422 and "Say both" in half.content.decode()
    back = {"return_starts_at": "2026-03-03T09:00", "return_ends_at": "2026-03-04T09:00"}
    assert as_(cast.jo).post(address, {**form, **back}).status_code == 302
    swap = SwapRequest.objects.get()
    as_(cast.ana).post(url("swap-acceptance", swap))
    assert {(one.person, one.starts_at) for one in Override.objects.all()} == {
        (cast.ana, swap.starts_at),
        (cast.jo, swap.return_starts_at),
    }


def test_what_is_not_ones_own_cannot_be_given(cast, desk):
    form = {"starts_at": "2026-03-04T09:00", "ends_at": "2026-03-05T09:00", "asked": "anybody"}
    answer = as_(cast.ana).post(reverse("swap-request", args=[desk.pk]), form)
    assert answer.status_code == 409 and "Ana Ruiz is not on call all that time" in answer.content.decode()
    assert as_(cast.mei).post(reverse("swap-request", args=[desk.pk]), form).status_code == 404
    assert as_(cast.otto).post(reverse("swap-request", args=[desk.pk]), form).status_code == 403


# --- being told -----------------------------------------------------------------------------------


def test_who_is_asked_has_a_cue_and_a_message(cast, asked, settings):
    swap = asked(cast.ana)
    said = page(cast.ana, "cues")
    assert "Jo Okafor asks you to take a shift" in said and "Without an answer it stays with Jo" in said
    assert 'data-count="cues">1<' in said
    assert "asks you" not in page(cast.sam, "cues")
    assert told("asked") == [("Ana", "queued")]
    deliver.deliver_due()
    (letter,) = [one for one in mail.outbox if "ana@example.com" in one.to]
    assert "Jo Okafor asks you to take a shift" in letter.subject
    assert "09:00 – Thu 5 Mar 09:00 UTC" in letter.subject and "> A concert" in letter.body
    assert f"{settings.ADDRESS}/oncall/{swap.schedule_id}/" in letter.body
    assert told("asked") == [("Ana", "sent")]
    auditing.audit()  # the record of it holds nothing against a message without a climb


def test_when_anybody_may_take_it_all_who_can_are_told_until_one_does(cast, asked):
    swap = asked()
    assert [name for name, _state in told("asked")] == ["Ana", "Sam"]
    assert "asks you to take" in page(cast.ana, "cues") and "asks you to take" in page(cast.sam, "cues")
    assert "asks you to take" not in page(cast.jo, "cues")
    as_(cast.ana).post(url("swap-acceptance", swap))
    assert [state for _name, state in told("asked")] == ["cancelled", "cancelled"]
    assert "asks you to take" not in page(cast.sam, "cues")
    assert told("accepted") == [("Jo", "queued")]


# --- answering ------------------------------------------------------------------------------------


def test_accepted_it_is_a_cover_and_the_giver_is_told(cast, desk, clock, asked):
    swap = asked(cast.ana)
    confirm = as_(cast.ana).get(url("swap-acceptance", swap)).content.decode()
    assert "Jo Okafor gives" in confirm
    assert as_(cast.ana).post(url("swap-acceptance", swap)).status_code == 302
    assert on_call(desk.plan(), swap.starts_at) == (cast.ana.pk,)
    assert told("accepted") == [("Jo", "queued")]
    assert "Ana Ruiz covers for Jo" in page(cast.sam, "schedule", desk.pk)


def test_declined_it_stays_and_the_giver_is_told(cast, desk, asked):
    swap = asked(cast.ana)
    as_(cast.ana).post(url("swap-refusal", swap))
    assert on_call(desk.plan(), swap.starts_at) == (cast.jo.pk,)
    assert told("declined") == [("Jo", "queued")]
    assert "asks you" not in page(cast.ana, "cues")


def test_withdrawn_nobody_is_told_what_was_not_yet_sent(cast, asked):
    swap = asked(cast.ana)
    assert as_(cast.ana).post(url("swap-withdrawal", swap)).status_code == 403
    assert as_(cast.jo).post(url("swap-withdrawal", swap)).status_code == 302
    assert told("asked") == [("Ana", "cancelled")]
    late = as_(cast.ana).post(url("swap-acceptance", swap))
    assert late.status_code == 409 and "withdrawn" in late.content.decode()


def test_of_two_who_accept_one_has_it_and_the_other_reads_who(cast, asked):
    swap = asked()
    as_(cast.ana).post(url("swap-acceptance", swap))
    late = as_(cast.sam).post(url("swap-acceptance", swap), {"covers": cast.sam.pk})
    assert late.status_code == 409 and "Ana Ruiz was faster" in late.content.decode()
    assert Override.objects.count() == 1


def test_a_supervisor_decides_who_takes_it_and_both_are_told(cast, desk, asked):
    swap = asked()
    assert as_(cast.sam).post(url("swap-acceptance", swap), {"covers": cast.ana.pk}).status_code == 302
    assert on_call(desk.plan(), swap.starts_at) == (cast.ana.pk,)
    assert told("accepted") == [("Ana", "queued"), ("Jo", "queued")]


def test_a_supervisor_decides_for_who_was_asked(cast, desk, asked):
    swap = asked(cast.ana)
    assert as_(cast.sam).post(url("swap-acceptance", swap)).status_code == 302
    swap.refresh_from_db()
    assert (swap.accepted_by, swap.decided_by) == (cast.ana, cast.sam)


@pytest.mark.parametrize("noun", ["swap-acceptance", "swap-refusal", "swap-withdrawal"])
@pytest.mark.parametrize(("who", "status"), [("mei", 404), ("otto", 403), ("jo2", 403)])
def test_who_was_not_asked_cannot_answer(cast, desk, asked, noun, who, status):
    if who == "jo2":  # another agent of the team, when one person was asked
        swap, user = asked(cast.sam), cast.ana
    else:
        swap, user = asked(cast.ana), getattr(cast, who)
    assert as_(user).post(url(noun, swap)).status_code == status
    assert as_(user).get(url(noun, swap)).status_code == status, "nor is asked whether they are sure"
    assert SwapRequest.objects.open(kit_clock.now()).count() == 1


def test_a_request_of_another_schedule_is_not_found(cast, asked, clock):
    swap = asked(cast.ana)
    other = make_schedule("Other", team=cast.teams["Service desk"], people=[cast.ana])
    for noun in ("swap-acceptance", "swap-refusal", "swap-withdrawal"):
        assert as_(cast.ana).post(reverse(noun, args=[other.pk, swap.pk])).status_code == 404


def test_unanswered_it_is_over_when_its_time_begins(cast, asked, clock):
    swap = asked(cast.ana)
    clock.jump(days=3)
    assert "asks you" not in page(cast.ana, "cues")
    late = as_(cast.ana).post(url("swap-acceptance", swap))
    assert late.status_code == 409 and "has begun" in late.content.decode()


# --- gaps -----------------------------------------------------------------------------------------


def test_a_supervisor_has_a_cue_for_each_gap_until_it_is_filled(cast, desk, clock):
    start = clock.now() + timedelta(days=3)
    gap = {"starts_at": start, "ends_at": start + timedelta(hours=8)}
    desk.override(by=cast.ada, person=None, **gap)
    said = page(cast.sam, "cues")
    assert said.count('id="cue-gap-') == 1 and "Nobody is on call: Desk" in said
    assert "cue-gap" not in page(cast.ana, "cues") and "cue-gap" not in page(cast.kim, "cues")
    desk.override(by=cast.sam, person=cast.sam, **gap)
    assert "cue-gap" not in page(cast.sam, "cues")


def test_many_gaps_are_few_cues_that_say_how_many_more(cast, desk, clock):
    for day in range(1, 7):
        start = clock.now() + timedelta(days=day)
        desk.override(by=cast.ada, person=None, starts_at=start, ends_at=start + timedelta(hours=1))
    said = page(cast.sam, "cues")
    assert said.count('id="cue-gap-') == 3 and "3 more gaps" in said


def test_the_cues_cost_no_more_for_twenty_schedules(cast, desk, clock):
    def cost() -> int:
        client = as_(cast.sam)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("cues")).status_code == 200
        return len(queries)

    few = cost()
    for n in range(19):
        one = make_schedule(f"Desk {n}", team=cast.teams["Service desk"], people=[cast.jo])
        one.ask_swap(Wish(turn(one, clock, 2), cast.sam), by=cast.jo)
    assert cost() <= few  # one less than with an empty record, which does not say whether there is anything else


# --- a cover that is taken back -------------------------------------------------------------------


def test_who_is_on_call_again_because_a_cover_is_cancelled_is_told(cast, desk, clock, asked):
    """Jo has given her shift away and counts on it."""
    swap = asked(cast.ana)
    as_(cast.ana).post(url("swap-acceptance", swap))
    deliver.deliver_due()
    clock.jump(hours=1)
    cover = Override.objects.get()
    as_(cast.ana).post(reverse("override-cancellation", args=[desk.pk, cover.pk]))
    assert on_call(desk.plan(), swap.starts_at) == (cast.jo.pk,)
    assert told(":cancelled") == [("Jo", "queued")]
    deliver.deliver_due()
    letter = [one for one in mail.outbox if "jo@example.com" in one.to][-1]
    assert "You are on call Wed 4 Mar 09:00 – Thu 5 Mar 09:00 UTC: the cover was cancelled" in letter.subject
    assert "Ana Ruiz covered this time, and Ana Ruiz has cancelled it" in letter.body
    auditing.audit()


def test_nobody_is_told_what_they_did_themselves_or_what_changes_nothing_for_them(cast, desk, clock):
    now = clock.now()
    own = desk.override(by=cast.sam, person=cast.sam, starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    desk.cancel_override(own, by=cast.sam)
    assert told(":cancelled") == [("Jo", "queued")]
    Delivery.objects.all().delete()
    mine = desk.take_now(by=cast.sam)
    changed = {"person": cast.ana.pk, "starts_at": f"{now:%Y-%m-%dT%H:%M}", "ends_at": f"{mine.ends_at:%Y-%m-%dT%H:%M}"}
    address = reverse("override", args=[desk.pk]) + f"?instead={mine.pk}"
    assert as_(cast.sam).post(address, changed).status_code == 302
    assert on_call(desk.plan(), now) == (cast.ana.pk,)
    assert told(":cancelled") == []
    cast.jo.is_active = False
    cast.jo.save()
    desk.cancel_override(Override.objects.latest("id"), by=cast.sam)
    assert told(":cancelled") == []
