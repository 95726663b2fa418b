"""A text leaves a problem's record, and with it what Baton made of it: the action that it was, and who was told."""

from datetime import date

import pytest

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.trail.models import Entry, EntryText
from escalation.trail.verifying import verify
from incidents.models import Action, Problem, chasing
from tests.api_kit import Program, new_key
from tests.pages_kit import client_of, words
from tests.stories.test_problems import came, problem, url  # noqa: F401
from tests.stories.test_taken_away import everywhere

pytestmark = pytest.mark.django_db
WHAT = "Ask Mrs Gruen for her till roll"


def entry_of(problem: Problem, kind: str) -> Entry:  # noqa: F811
    return Entry.objects.filter(trail=problem.trail_id, kind=kind).latest("seq")


def take(client, problem: Problem, kind: str) -> str:  # noqa: F811
    address = url("problem-text-removal", problem, entry_of(problem, kind).seq)
    assert "deleted for good" in words(client.get(address))
    return words(client.post(address, {"text": "Data protection."}, follow=True))


def test_an_action_goes_from_all_its_entries_and_from_who_is_reminded_of_it(problem, cast, clock):  # noqa: F811
    program, path = Program(cast.ana), f"/problems/{problem.pk}/actions"
    said = {"what": WHAT, "owner": cast.mei.pk, "due": "2026-03-10"}
    assert program.post(path, said, idempotency_key=new_key()).status_code in (200, 201)
    problem.change_action(1, by=cast.ana, owner=cast.kim, due=date(2026, 3, 11))
    problem.add_action(by=cast.ana, what="Try a second gateway", owner=cast.kim, due=date(2026, 5, 5))
    clock.jump(days=9)
    chasing.chase()
    waiting = Delivery.objects.filter(kind="action_due", state="queued")
    assert {one.message["title"] for one in waiting} == {WHAT}
    page = take(client_of(cast.ada), problem, "problem_action_moved")
    assert "The text was taken away." in page and "took a text out of the record: entry" in page
    assert "Gruen" not in everywhere()
    taken = Entry.objects.filter(trail=problem.trail_id, kind="text_taken")
    kinds = ("problem_action", "problem_action_moved", "problem_reminded")
    texts = EntryText.objects.filter(entry__trail=problem.trail_id, entry__kind__in=kinds)
    assert taken.count() == 3 and set(texts.values_list("text", flat=True)) == {"Try a second gateway"}
    chasing.chase()
    assert {one.message["title"] for one in waiting.all()} == {"The text was taken away."}
    assert verify(problem.trail, now=clock.now()).fault is None


def test_why_it_was_closed_and_why_an_action_was_dropped(problem, cast, clock):  # noqa: F811
    problem.add_action(by=cast.ana, what="Try a second gateway", owner=cast.kim, due=date(2026, 5, 5))
    problem.drop_action(1, by=cast.ana, text="Mrs Gruen did it")
    problem.close(by=cast.ana, text="Mrs Gruen has left us")
    ada = client_of(cast.ada)
    for kind in ("problem_action_dropped", "problem_closed"):
        take(ada, problem, kind)
    assert "Gruen" not in everywhere() and "second gateway" not in everywhere()
    problem.refresh_from_db()
    assert problem.why_closed == Action.objects.get().why_dropped == "The text was taken away."
    assert verify(problem.trail, now=clock.now()).fault is None


def test_another_reason_for_closing_it_stays(problem, cast):  # noqa: F811
    problem.close(by=cast.ana, text="Mrs Gruen has left us")
    first = entry_of(problem, "problem_closed")
    problem.reopen(by=cast.ana)
    problem.close(by=cast.ana, text="It is another one's now")
    problem.take_text_away(by=cast.ada, seq=first.seq, text="Data protection.")
    problem.refresh_from_db()
    assert problem.why_closed == "It is another one's now" and "Gruen" not in everywhere()


def test_only_an_admin_with_a_reason_and_once(problem, cast):  # noqa: F811
    problem.close(by=cast.ana, text="Mrs Gruen has left us")
    seq = entry_of(problem, "problem_closed").seq
    address = url("problem-text-removal", problem, seq)
    ana, ada = client_of(cast.ana), client_of(cast.ada)
    assert "Take the text away" not in words(ana.get(problem.get_absolute_url()))
    assert "Only an admin" in words(ana.post(address, {"text": "I am nosy"}))
    with pytest.raises(Refused, match="Only an admin"):
        problem.take_text_away(by=cast.ana, seq=seq, text="I am nosy")
    with pytest.raises(Refused, match="Write a few words"):
        problem.take_text_away(by=cast.ada, seq=seq, text=" ")
    assert "Gruen" in words(ada.get(problem.get_absolute_url()))
    ada.post(address, {"text": "Data protection."})
    assert "has no text, or it was taken away" in words(ada.get(address))
    assert "has no text, or it was taken away" in words(ada.post(address, {"text": "Once more"}))
    assert ada.get(url("problem-text-removal", problem, 10**6)).status_code == 404
    assert Entry.objects.filter(trail=problem.trail_id, kind="text_taken").count() == 1
