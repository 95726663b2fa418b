"""Reviews: drafted from the record, corrected by people, shared, and their actions kept until they are done."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from markdown_it import MarkdownIt

from escalation.kit.errors import Refused
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Access, Action, Incident, Review, Source
from incidents.models.reviews import Words
from incidents.reviewing import drafting, reading
from incidents.reviewing import words as review_words
from tests.pages_kit import client_of, words

pytestmark = pytest.mark.django_db
HOSTILE = (
    "# <script>alert(1)</script> [x](javascript:alert(1)) `a` *b*\n- c | d\n1. e \u202e & &lt;\x00 ![p](http://x/y)"
)


@pytest.fixture
def resolved(open_incident, clock, cast):
    """Ana has it for twelve minutes, tries twice, and escalates; Mei solves it."""
    incident = open_incident("Card payments fail", people_affected=1900)
    clock.forward(minutes=4)
    incident.acknowledge(by=cast.ana)
    for text in ("Restarted the gateway", "Flushed the cache"):
        clock.forward(minutes=4)
        incident.attempt(by=cast.ana, text=text, outcome="no_effect")
    clock.forward(minutes=4)
    incident.escalate(by=cast.ana, reason="expertise", text="It needs somebody who knows the gateway")
    clock.forward(minutes=3)
    incident.acknowledge(by=cast.mei)
    clock.forward(minutes=5)
    incident.attempt(by=cast.mei, text="Rolled back 4.18.2", outcome="helped")
    incident.resolve(by=cast.mei, cause="change", text="Rolled back 4.18.2")
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def review(resolved, cast, clock):
    draft = drafting.draft(resolved, reading.of(resolved, clock.now()))
    return Review.begin(resolved, by=cast.sam, words=draft)


def url(name, incident, *more) -> str:
    return reverse(name, args=[incident.number, *more])


def test_a_draft_says_what_the_record_says_and_nobody_by_name(resolved, cast):
    sam = client_of(cast.sam)
    assert "Write the review" in words(sam.get(resolved.get_absolute_url()))
    assert "It begins with what the record says" in words(sam.get(url("review-new", resolved)))
    assert sam.post(url("review-new", resolved)).status_code == 302
    page = words(sam.get(url("review", resolved)))
    assert (
        "open for 24 min. Somebody had it after 4 min. It went on to 1 more step. 1,900 people were affected." in page
    )
    assert "How it was resolved: Rolled back 4.18.2" in page
    assert "What helped- Rolled back 4.18.2" in page
    assert "L1 Service desk made an attempt: no effect" in page
    assert "L1 Service desk escalated to L2 Applications" in page
    assert "attempts did not help" in page and "escalated 4 min later" in page
    assert "Ana Ruiz" not in page.split("Timeline")[1].split("Facts")[0]
    assert "Ana Ruiz made an attempt: no effect" in words(sam.get(url("review", resolved) + "?names=1"))
    assert "Its review" in words(sam.get(resolved.get_absolute_url()))


def test_signs_have_their_first_minute_and_what_came_of_them(resolved, clock):
    looked = reading.of(resolved, clock.now()).looked
    begun = resolved.opened_at
    found = {one.key: ((one.at - begun) // timedelta(minutes=1), one.how) for one in looked.signs}
    assert found["attempts"] == (12, "escalated")
    assert looked.open_for == timedelta(minutes=24)
    assert [(one.tier, one.hands, one.time) for one in looked.spent] == [
        ("L1 Service desk", 1, timedelta(minutes=12)),
        ("L2 Applications", 1, timedelta(minutes=5)),
    ]


def test_a_sign_is_also_heeded_by_handing_it_to_another_tier(open_incident, clock, cast):
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    for text in ("Restarted the gateway", "Flushed the cache"):
        clock.forward(minutes=4)
        incident.attempt(by=cast.ana, text=text, outcome="no_effect")
    incident.hand_over(by=cast.ana, to=cast.mei, text="You know the gateway")
    clock.forward(minutes=2)
    incident = Incident.objects.get(pk=incident.pk)
    incident.accept(by=cast.mei)
    incident.resolve(by=cast.mei, cause="change", text="Rolled back")
    read = reading.of(Incident.objects.get(pk=incident.pk), clock.now())
    [attempts] = [one for one in read.looked.signs if one.key == "attempts"]
    assert review_words.heeded(attempts) == "handed to another tier 2 min later"
    assert "nobody escalated" not in drafting.draft(incident, read).hindered


def test_a_machine_is_nobody_and_to_be_opened_again_is_no_escalation(resolved, cast, clock):
    source = Source.objects.create(name="North", service=cast.service)
    again = Incident.objects.get(pk=resolved.pk)
    clock.forward(minutes=30)
    again.reopen(by=cast.mei, text="It is back")
    again.resolve_by_source(source)
    read = reading.of(Incident.objects.get(pk=resolved.pk), clock.now())
    assert review_words.sentence(read.looked.timeline[-1], names=False).startswith("North resolved it")
    assert read.looked.steps == 1
    assert {one.key: one.how for one in read.looked.signs}["reopened"] == ""


def test_of_a_record_that_is_not_read_to_its_end_nothing_is_said_of_the_end(resolved, clock, monkeypatch):
    monkeypatch.setattr(reading, "MOST", 4)
    read = reading.of(resolved, clock.now())
    assert read.cut
    assert "silence" not in {one.key for one in read.looked.signs}
    assert sum((one.time for one in read.looked.spent), timedelta()) <= timedelta(minutes=8)


def test_what_people_write_is_theirs_and_a_stale_form_loses_nothing(review, cast):
    sam, page = client_of(cast.sam), url("review-change", review.incident)
    form = {"summary": "A release broke it", "helped": "", "hindered": "", "seen": "1"}
    rows = {"factors-TOTAL_FORMS": "2", "factors-INITIAL_FORMS": "0"}
    rows |= {"factors-0-kind": "change", "factors-0-text": "4.18.2 was not tried", "factors-1-kind": ""}
    assert sam.post(page, form | rows).status_code == 302
    assert "A change. 4.18.2 was not tried" in words(sam.get(url("review", review.incident)))
    stale = sam.post(page, form | rows | {"summary": "What I typed"})
    assert stale.status_code == 409
    assert "Somebody has changed this review" in words(stale) and "What I typed" in words(stale)
    theirs = words(stale).partition("As it is now")[2]
    assert "What happened. A release broke it" in theirs and "A change. 4.18.2 was not tried" in theirs
    once_more = {"summary": "What I typed", "seen": "2"}
    assert sam.post(page, form | rows | once_more).status_code == 302
    assert "A change. 4.18.2 was not tried" in words(sam.get(url("review", review.incident)))
    half = sam.post(page, form | rows | {"seen": "3", "factors-1-kind": "detection"})
    assert half.status_code == 422 and "Say what it was, or choose “none”." in words(half)
    broken = sam.post(page, form | {"seen": "3"})
    assert broken.status_code == 422
    assert Review.objects.get().summary == "What I typed"


def test_only_what_is_resolved_has_a_review_and_only_one(open_incident, resolved, review, cast):
    still = open_incident("Mail is late")
    with pytest.raises(Refused, match="is open"):
        Review.begin(still, by=cast.sam, words=Words())
    with pytest.raises(Refused, match="already"):
        Review.begin(resolved, by=cast.mei, words=Words())
    assert client_of(cast.sam).get(url("review-new", resolved)).status_code == 302
    assert client_of(cast.sam).get(url("review", still)).status_code == 404


def test_it_is_a_draft_then_shared_then_done(review, cast, clock):
    sam = client_of(cast.sam)
    action = {"what": "Try releases on a copy first", "owner": cast.mei.pk, "due": "2030-01-31"}
    assert sam.post(url("review-actions", review.incident), action).status_code == 302
    assert Review.objects.get().state == "draft"
    assert sam.post(url("review-share", review.incident), {"seen": "1"}).status_code == 302
    assert Review.objects.get().state == "shared"
    one = Action.objects.get()
    mei = client_of(cast.mei)
    assert mei.post(url("review-action-done", review.incident, 1), {"seen": one.token}).status_code == 302
    assert Review.objects.get().state == "done"
    again = mei.post(url("review-action-done", review.incident, 1), {"seen": one.token}, follow=True)
    assert "Somebody has changed this action" in words(again)
    kinds = Entry.objects.filter(trail=review.incident.trail_id, kind__startswith="review")
    assert list(kinds.order_by("seq").values_list("kind", flat=True)) == [
        "review_begun",
        "review_action",
        "review_shared",
        "review_action_done",
    ]
    assert verify(review.incident.trail, now=clock.now()).fault is None


def test_an_action_is_given_on_and_dropped_with_a_reason(review, cast):
    review.add_action(by=cast.sam, what="Alert sooner", owner=cast.mei, due=date(2030, 1, 31))
    token = Action.objects.get().token
    review.change_action(1, by=cast.sam, owner=cast.ana, due=date(2030, 2, 28), seen=token)
    with pytest.raises(Refused, match="since the page was loaded"):
        review.drop_action(1, by=cast.sam, text="Too late", seen=token)
    sam, drop = client_of(cast.sam), url("review-action-drop", review.incident, 1)
    assert sam.post(drop, {"text": " "}).status_code == 422
    assert sam.post(drop, {"text": "The gateway goes away in May"}).status_code == 302
    page = words(sam.get(url("review", review.incident)))
    assert "dropped by Sam Reyes: The gateway goes away in May" in page
    record = words(sam.get(review.incident.get_absolute_url()))
    assert (
        "gave Mei Tanaka something to do until 2030-01-31" in record
        and "changed an action: Ana Ruiz does it until 2030-02-28" in record
    )
    assert "dropped an action of the review" in record and "Alert sooner" in record


def test_the_number_beside_my_cues_has_it_at_once(review, cast, monkeypatch):
    monkeypatch.setattr("incidents.desk.context.LATELY", 0)
    mei = client_of(cast.mei)
    before = mei.get("/queue/").context["nav"].cues
    action = review.add_action(by=cast.sam, what="Alert sooner", owner=cast.mei, due=date(2030, 1, 31))
    assert mei.get("/queue/").context["nav"].cues == before + 1
    review.complete_action(action.number, by=cast.mei)
    assert mei.get("/queue/").context["nav"].cues == before


def test_a_line_of_the_timeline_gets_a_remark_and_is_never_changed(review, cast):
    sam, page = client_of(cast.sam), url("review-remark", review.incident, 1)
    assert sam.post(page, {"text": "Customers had called before"}).status_code == 302
    assert "Customers had called before" in words(sam.get(url("review", review.incident)))
    old = sam.post(page, {"text": "Nobody called", "seen": "0"})
    assert old.status_code == 409 and "Sam Reyes has written here meanwhile: “Customers had called before”" in words(
        old
    )
    assert sam.post(page, {"text": ""}).status_code == 302
    assert "Customers had called before" not in words(sam.get(url("review", review.incident)))
    assert sam.get(url("review-remark", review.incident, 999)).status_code == 404


def test_who_may_not_see_the_incident_finds_no_review(review, cast):
    rita, otto = client_of(cast.rita), client_of(cast.otto)
    Access.objects.create(incident=review.incident, team=cast.teams["Facilities"])
    assert rita.get(url("review", review.incident)).status_code == 200
    Incident.objects.update(restricted=True)  # then teams no longer count
    for name in ("review", "review-markdown", "review-change", "review-actions"):
        assert rita.get(url(name, review.incident)).status_code == 404
    assert rita.post(url("review-share", review.incident)).status_code == 404
    assert "Card payments fail" not in words(rita.get(reverse("reviews")))
    assert otto.get(url("review", review.incident)).status_code == 200
    assert otto.post(url("review-share", review.incident)).status_code == 403
    assert Review.objects.get().state == "draft"


def test_whoever_gets_an_action_sees_the_incident_and_has_a_cue_until_it_is_done(review, cast, clock):
    rita = client_of(cast.rita)
    assert rita.get(url("review", review.incident)).status_code == 404
    review.add_action(by=cast.sam, what="Talk to the bank", owner=cast.rita, due=clock.now().date())
    assert rita.get(url("review", review.incident)).status_code == 200
    cue = words(rita.get(reverse("cues")))
    assert "Talk to the bank" in cue and f"from the review of {review.incident.ref}" in cue
    clock.forward(minutes=60 * 24 * 3)
    assert "It was due on 2 Mar 2026." in words(rita.get(reverse("cues")))
    rita.post(url("review-action-done", review.incident, 1))
    assert "Talk to the bank" not in words(rita.get(reverse("cues")))


def test_hostile_text_is_text_on_the_page_and_in_the_file(review, cast):
    sam = client_of(cast.sam)
    written = Words(HOSTILE, HOSTILE, HOSTILE, [("other", HOSTILE)])
    review.write(by=cast.sam, words=written)
    review.remark(by=cast.sam, seq=1, text=HOSTILE)
    review.add_action(by=cast.sam, what=HOSTILE, owner=cast.sam, due=date(2030, 1, 31))
    page = sam.get(url("review", review.incident))
    assert page.status_code == 200 and b"<script>alert" not in page.content
    file = sam.get(url("review-markdown", review.incident))
    assert file["Content-Type"].startswith("text/markdown") and "attachment" in file["Content-Disposition"]
    html = MarkdownIt("commonmark", {"html": True}).render(file.content.decode())
    assert "<script" not in html and "<img" not in html and "<a " not in html and "<code" not in html
    assert html.count("<h1>") == 1 and "\u202e" not in html
    for garbage in ({"due": "2030-13-41", "owner": "x", "what": "\x00"}, {"due": "0001-01-01"}, {"due": "9999-12-31"}):
        assert sam.post(url("review-actions", review.incident), garbage).status_code == 422


def test_the_list_shows_what_is_late_first(review, cast, clock):
    review.add_action(by=cast.sam, what="Alert sooner", owner=cast.mei, due=clock.now().date())
    clock.forward(minutes=60 * 48)
    page = words(client_of(cast.sam).get(reverse("reviews")))
    assert page.index("Actions that are late") < page.index("Alert sooner") < page.index("Drafts")
