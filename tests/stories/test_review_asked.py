"""A severe incident is over: somebody is asked how it went, until they write it or say why not."""

from datetime import date

import pytest
from django.urls import reverse

from escalation.people.models import Membership
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry
from incidents.models import Access, Incident, Review, ReviewAsk, RolePlan, RoleSource, Source
from incidents.models.review_asks import A_WHILE
from incidents.models.reviews import Words
from tests.stories.test_reviews import client_of, words

pytestmark = pytest.mark.django_db
SEV2, SEV1 = {"people_affected": 150}, {"people_affected": 1900}


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def source(cast):
    return Source.objects.create(name="North", service=cast.service)


@pytest.fixture
def over(open_incident, cast):
    """Ana had it; Mei resolved it."""
    incident = open_incident(**SEV2)
    incident.acknowledge(by=cast.ana)
    incident.resolve(by=cast.mei, cause="change", text="Rolled back")
    return fresh(incident)


def cues(user) -> str:
    return words(client_of(user).get(reverse("cues")))


def asked() -> str:
    return ReviewAsk.objects.open().get().person.name


def test_whoever_resolved_it_is_asked_until_a_review_is_begun_by_whomever(over, cast, clock):
    ask = ReviewAsk.objects.get()
    assert (ask.person, ask.due) == (cast.mei, date(2026, 3, 9))
    mine = cues(cast.mei)
    assert f"Write the review of {over.ref}" in mine and "“Card payments fail” was SEV2, and is over." in mine
    assert over.ref not in cues(cast.ana).partition("My teams")[0]
    assert "Mei Tanaka is asked to, until 9 Mar 2026." in words(client_of(cast.sam).get(f"/incidents/{over.number}/"))
    assert "Asked for 1" in words(client_of(cast.sam).get(reverse("reviews")))
    clock.jump(days=9)
    assert "It was due on 9 Mar 2026." in cues(cast.mei)
    assert "was due on 9 Mar 2026" in words(client_of(cast.sam).get(reverse("reviews")))
    Review.begin(over, by=cast.sam, words=Words())
    assert "Write the review" not in cues(cast.mei)
    assert not ReviewAsk.objects.open().exists()


def test_no_review_wants_a_reason_which_stands_on_record(over, cast):
    page, mei = reverse("review-decline", args=[over.number]), client_of(cast.mei)
    assert mei.get(page).status_code == 200
    assert mei.post(page, {"text": "  "}).status_code == 422
    assert client_of(cast.ana).post(page, {"text": "I do not want one"}).status_code == 403
    assert client_of(cast.otto).post(page, {"text": "No"}).status_code == 403
    assert client_of(cast.rita).get(page).status_code == 404
    assert mei.post(page, {"text": "The same as the week before"})["Location"] == reverse("cues")
    assert mei.get(page).status_code == 404
    record = words(mei.get(f"/incidents/{over.number}/"))
    assert "Mei Tanaka said that there is no review" in record and "The same as the week before" in record
    assert "Write the review of" not in cues(cast.mei)
    Review.begin(over, by=cast.ana, words=Words())  # all the same


def test_who_says_so_too_late_is_told_and_keeps_their_words(over, cast):
    page, mei = reverse("review-decline", args=[over.number]), client_of(cast.mei)
    Review.begin(over, by=cast.ana, words=Words())
    answer = mei.post(page, {"text": "The same as last week"})
    assert answer.status_code == 409
    assert "Nobody is asked for this review any more." in words(answer) and "The same as last week" in words(answer)


def test_a_supervisor_can_say_so_for_them(over, cast):
    page = reverse("review-decline", args=[over.number])
    assert "Mei Tanaka is asked to write it until 9 Mar 2026." in words(client_of(cast.kim).get(page))
    assert client_of(cast.kim).post(page, {"text": "A drill"}).status_code == 302
    assert not ReviewAsk.objects.open().exists()


@pytest.mark.rehearsal("long")
def test_what_somebody_left_open_who_is_gone_is_their_supervisors(over, cast):
    assert "Write the review" not in cues(cast.kim)
    cast.mei.is_active = False
    cast.mei.save()
    assert "Mei Tanaka was asked, whose account is closed." in cues(cast.kim)
    assert "Write the review" not in cues(cast.ana) + cues(cast.sam), "Sam supervises another team"
    assert client_of(cast.kim).post(reverse("review-decline", args=[over.number]), {"text": "No"}).status_code == 302
    assert "Write the review" not in cues(cast.kim)


def test_re_opened_it_is_asked_for_no_more_and_at_its_next_end_anew(over, cast):
    over.reopen(by=cast.ana, text="It is back")
    assert "Write the review of" not in cues(cast.mei)
    fresh(over).resolve(by=cast.ana, cause="change", text="For good")
    assert asked() == "Ana Ruiz"
    review = Review.begin(fresh(over), by=cast.ana, words=Words())
    fresh(over).reopen(by=cast.ana, text="Once more")
    fresh(over).resolve(by=cast.mei, cause="change", text="Now")
    assert not ReviewAsk.objects.open().exists() and review.state == "draft"


def test_the_lead_is_asked_first(open_incident, cast):
    plan = RolePlan.objects.create(from_severity=1)
    RoleSource.objects.create(plan=plan, role="lead", tier=cast.tiers["l2"])
    incident = open_incident(**SEV1)
    incident.acknowledge(by=cast.ana)
    fresh(incident).take_role("lead", by=cast.kim)
    fresh(incident).resolve(by=cast.ana, cause="change", text="Rolled back")
    assert asked() == "Kim Berg"


def test_ended_by_a_source_whoever_had_it_is_asked_and_if_nobody_had_a_supervisor(open_incident, source, cast, clock):
    had, brief, long = (open_incident(title, **SEV2) for title in ("Had", "Brief", "Long"))
    had.acknowledge(by=cast.jo)
    for incident in (had, brief):
        fresh(incident).resolve_by_source(source)
    assert asked() == "Jo Okafor"
    clock.jump(minutes=20)
    fresh(long).resolve_by_source(source)
    assert ReviewAsk.objects.get(incident=long).person == cast.kim
    Membership.objects.filter(role="supervisor").delete()
    none = open_incident("Nobody there", **SEV2)
    clock.jump(minutes=20)
    fresh(none).resolve_by_source(source)
    assert not ReviewAsk.objects.filter(incident=none).exists()


def test_it_went_on_from_whoever_had_it_and_nobody_after_them_answered(open_incident, source, cast, clock):
    PolicyStep.objects.update(ack_minutes=1)
    first, second = (open_incident(title, **SEV2) for title in ("Taken", "Never taken"))
    first.acknowledge(by=cast.jo)
    fresh(first).escalate(by=cast.jo, reason="expertise", text="I have tried all I know")
    clock.forward(minutes=12)
    ended = Entry.objects.filter(kind="exhausted").values_list("trail", flat=True)
    assert set(ended) == {first.trail_id, second.trail_id}
    assert clock.now() - fresh(second).opened_at < A_WHILE
    for incident in (first, second):
        fresh(incident).resolve_by_source(source)
    assert ReviewAsk.objects.get(incident=first).person == cast.jo
    assert ReviewAsk.objects.get(incident=second).person == cast.kim
    cast.jo.is_active = False
    cast.jo.save()
    fresh(first).reopen(by=cast.ana, text="It is back")
    clock.jump(seconds=5)
    fresh(first).resolve_by_source(source)
    assert ReviewAsk.objects.get(incident=first).person == cast.kim


def test_what_is_less_severe_or_merged_asks_nobody(open_incident, cast):
    open_incident("A small thing", people_affected=5).resolve(by=cast.ana, cause="change", text="Done")
    one, other = open_incident("One", **SEV2), open_incident("Other", **SEV2)
    one.merge_into(other, by=cast.ana, text="The same")
    assert not ReviewAsk.objects.exists()


def test_who_may_not_see_it_any_more_is_not_shown_it(over, cast):
    Incident.objects.update(restricted=True)
    Access.objects.filter(person=cast.mei).delete()
    assert over.ref not in cues(cast.mei)
    assert client_of(cast.mei).get(reverse("review-decline", args=[over.number])).status_code == 404
    assert "Asked for" not in words(client_of(cast.sam).get(reverse("reviews")))
