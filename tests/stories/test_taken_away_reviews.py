"""A text leaves the record, and its review: what was drafted of it, a remark, an action; people's own lines stay."""

from datetime import date

import pytest
from django.urls import reverse

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.trail.models import Entry, EntryText
from escalation.trail.verifying import verify
from incidents.models import Action, Incident, Review, chasing
from incidents.models.quoting import is_quoted, lines_without
from incidents.models.reviews import Words
from tests.pages_kit import client_of, words
from tests.stories.test_reviews import resolved, review, url  # noqa: F401
from tests.stories.test_taken_away import everywhere
from tests.threads import once_it_was_read

pytestmark = pytest.mark.django_db
GONE = "(A text was taken out of the record.)"


def take(incident, by, kind: str) -> Entry:
    entry = Entry.objects.filter(trail=incident.trail_id, kind=kind).latest("seq")
    Incident.objects.get(pk=incident.pk).take_text_away(by=by, seq=entry.seq, text="Data protection.")
    return entry


def test_the_lines_of_a_draft_go_also_where_somebody_wrote_around_them(review, resolved, cast, clock):  # noqa: F811
    assert review.helped == "- Rolled back 4.18.2"
    own = Words(
        summary=f"{review.summary}\nNobody had tried it.",
        helped=f"{review.helped}\n- Thanks to Mei: Rolled back 4.18.2 at once",
        hindered="A release on a Monday",
        factors=[("change", "Rolled back 4.18.2 too late"), ("design", "No copy to try it on")],
    )
    review.write(by=cast.sam, words=own)
    seen = str(review.version)
    for kind in ("attempt", "resolved"):
        take(resolved, cast.ada, kind)
    review.refresh_from_db()
    first, _empty, ended, last = review.summary.split("\n")
    assert first.startswith("Card payments fail. SEV1 on Payments") and (ended, last) == (GONE, "Nobody had tried it.")
    assert (review.helped, review.hindered) == (GONE, "A release on a Monday")
    assert list(review.factors.values_list("text", flat=True)) == [GONE, "No copy to try it on"]
    assert "Rolled back 4.18.2" not in everywhere()
    sam = client_of(cast.sam)
    for page in (url("review", resolved), url("review", resolved) + "?names=1", url("review-markdown", resolved)):
        assert "4.18.2" not in sam.get(page).content.decode().replace("\\", ""), page
    with pytest.raises(Refused, match="changed this review"):
        review.write(by=cast.sam, words=own, seen=seen)
    changed = Entry.objects.filter(trail=resolved.trail_id, kind="review_changed").latest("seq")
    assert changed.actor_name == cast.ada.name
    assert verify(resolved.trail, now=clock.now()).fault is None


def test_a_review_that_says_nothing_of_it_is_as_it_was(review, resolved, cast):  # noqa: F811
    before = (review.version, review.summary)
    take(resolved, cast.ada, "called")
    review.refresh_from_db()
    assert (review.version, review.summary) == before


@pytest.mark.parametrize(
    ("text", "said", "left"),
    [
        ("- one two three\n- else", "one two three", "~\n- else"),
        ("How it ended: one two three", "one two three", "~"),
        ("How it ended: first of all\nthen the rest\nMine", "first of all\nthen the rest", "~\nMine"),
        ("She said one two three to me", "one two three", "~"),
        ("- first of all\n- the others", "first of all\n\nthe others", "~"),
        ("- PIN 7\n- A PIN 7 is short", "PIN 7", "~\n- A PIN 7 is short"),
        ("Title one two. SEV1, open for 5 min.", "Title one two", "~"),
        ("Title one", "Title one two", "Title one"),  # which the title says too
        ("\n\n", "one two three", "\n\n"),
    ],
)
def test_which_lines_of_a_review_go(text, said, left):
    assert lines_without(text, said, called=["Title one"], instead="~") == left


def test_a_remark_goes_with_its_entry_and_a_later_one_stays(review, resolved, cast):  # noqa: F811
    sam, first = client_of(cast.sam), "Mrs Gruen was the first to call"
    for seq, text in ((1, first), (2, "Nobody saw it")):
        review.remark(by=cast.sam, seq=seq, text=text)
    entry = Entry.objects.filter(trail=resolved.trail_id, kind="review_remark").order_by("seq").first()
    Incident.objects.get(pk=resolved.pk).take_text_away(by=cast.ada, seq=entry.seq, text="Data protection.")
    assert "Gruen" not in everywhere() and "Gruen" not in words(sam.get(url("review", resolved)))
    assert list(review.remarks.values_list("text", flat=True)) == ["Nobody saw it"]


def test_what_is_to_be_done_goes_from_all_that_became_of_it_and_a_reminder_is_made_anew(
    review,  # noqa: F811
    resolved,  # noqa: F811
    cast,
    clock,
):
    what = "Call Mrs Gruen back"
    review.add_action(by=cast.sam, what=what, owner=cast.mei, due=date(2026, 3, 4))
    review.change_action(1, by=cast.sam, owner=cast.kim, due=date(2026, 3, 5))
    review.add_action(by=cast.sam, what="Try releases", owner=cast.mei, due=date(2026, 5, 5))
    clock.jump(days=2)
    chasing.chase()
    waits = Delivery.objects.filter(kind="action_due", state="queued")
    assert {one.message["title"] for one in waits} == {what}
    take(resolved, cast.ada, "review_action_moved")
    assert "Gruen" not in everywhere()
    assert EntryText.objects.get(entry__trail=resolved.trail_id, entry__kind="review_action").text == "Try releases"
    assert Entry.objects.filter(trail=resolved.trail_id, kind="text_taken").count() == 3
    assert verify(resolved.trail, now=clock.now()).fault is None
    assert not waits.all().exists()
    chasing.chase()
    assert {one.message["title"] for one in waits.all()} == {"The text was taken away."}
    review.drop_action(1, by=cast.kim, text="Mrs Gruen has moved")
    take(resolved, cast.ada, "review_action_dropped")
    assert "Gruen" not in everywhere()
    assert Action.objects.get(number=1).why_dropped == "The text was taken away."


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_begun_in_that_moment_does_not_keep_it(resolved, cast):  # noqa: F811
    sam = client_of(cast.sam)
    with once_it_was_read('"trail_entrytext"."text"', lambda: take(resolved, cast.ada, "resolved")):
        assert sam.post(url("review-new", resolved)).status_code == 302
    assert "How it was resolved" not in Review.objects.get().summary


# --- other texts of the record ----------------------------------------------------------------


def test_where_else_the_words_stand_on_the_record_is_said_before_and_afterwards(open_incident, cast):
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    incident.attempt(by=cast.ana, hypothesis="A till is stuck", text="Called Mrs Gruen", outcome="no_effect")
    attempt, ada = Entry.objects.filter(trail=incident.trail_id).latest("seq"), client_of(cast.ada)
    incident.hand_over(by=cast.ana, to=cast.jo, text="Tried: - A till is stuck: Called Mrs Gruen (no effect)")
    offered = Entry.objects.get(trail=incident.trail_id, kind="offered")
    incident.note(by=cast.ana, text="Nobody else is there")
    place = reverse("text-removal", args=[incident.number, attempt.seq])
    named = f"The same words stand in other texts of this record: entry {offered.seq}. Each is taken away by itself."
    assert named in words(ada.get(place))
    assert named in words(ada.post(place, {"text": "Data protection."}, follow=True))
    assert [one.message["text"] for one in Delivery.objects.filter(kind="offer")] == [""] * 2
    place = reverse("text-removal", args=[incident.number, offered.seq])
    assert "The same words" not in words(ada.get(place))
    ada.post(place, {"text": "Data protection."})
    assert "Gruen" not in everywhere()


@pytest.mark.parametrize(
    ("said", "other", "there"),
    [
        ("one two three", "He wrote one two three.", True),
        ("one two three", "one two", False),
        ("x" * 400, f"- {'x' * 200} (no effect)", True),
        ("A till\n\nCalled her at home", "- A till: Called her at home (worse)", True),
        ("PIN 7", "PIN 7", True),
        ("PIN 7", "My PIN 7", False),
        ("State: SEV1\n\nTried: nothing yet", "State: SEV2\n\nTried: nothing yet", False),
    ],
)
def test_which_texts_have_the_words_in_them(said, other, there):
    assert is_quoted(said, other) is there
