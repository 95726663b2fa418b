"""What becomes of a training case that is withdrawn, restricted or open again, and of what was played of it."""

import pytest
from django.urls import reverse

from incidents.models import Incident, TrainingPlay
from incidents.practising import told
from incidents.practising.checking import Checker
from tests.api_kit import Program
from tests.pages_kit import client_of, words
from tests.stories.test_own_cases import address, case, form_of, published, resolved  # noqa: F401

pytestmark = pytest.mark.django_db


def test_what_is_withdrawn_is_begun_by_nobody_and_what_was_begun_is_ended(case, cast):  # noqa: F811
    published(case, cast.sam)
    sam, ana, jo = client_of(cast.sam), client_of(cast.ana), client_of(cast.jo)
    play = ana.post(f"/training/cases/{case.key}/")["Location"]
    assert "Withdraw it to change it" in words(sam.post(address(case, "words"), form_of(case.parts[0])))
    assert "plays of it are kept" in words(sam.post(address(case, "removal"), follow=True))
    assert "Withdrawn." in words(sam.post(address(case, "withdrawal"), follow=True))
    assert jo.post(f"/training/cases/{case.key}/").status_code == 404
    assert jo.post(f"/training/cases/{case.key.replace('-', '-0')}/").status_code == 404
    page = ana.get("/training/")
    assert "no longer offered; what you have begun you can end" in words(page) and play in page.content.decode()
    for n in range(len(case.told["steps"])):
        ana.post(play, {"step": str(n), "when": "not-yet"})
    assert TrainingPlay.objects.get().ended_at is not None
    case.refresh_from_db()
    case.write(0, by=cast.sam, words={"lesson": "Later."}, looked=True)
    case.publish(by=cast.sam, check=Checker(case).sentences)
    assert (case.state, case.told["lesson"]) == ("published", "Later.")
    told_then = TrainingPlay.objects.get()
    assert told.score(told_then.told, told_then.answers) == told_then.score


def test_of_what_is_restricted_later_nobody_begins_the_case(case, cast):  # noqa: F811
    published(case, cast.sam)
    ana, incident = client_of(cast.ana), Incident.objects.get(pk=case.incident_id)
    incident.restrict(by=cast.sam, text="Private")
    link = reverse("training-case", args=[case.pk])
    assert link not in client_of(cast.sam).get(incident.get_absolute_url()).content.decode(), "it would lead nowhere"
    assert link in client_of(cast.ada).get(incident.get_absolute_url()).content.decode()
    assert case.title not in words(ana.get("/training/"))
    assert ana.post(f"/training/cases/{case.key}/").status_code == 404
    ada = client_of(cast.ada)
    assert "nobody begins it" in words(ada.get(address(case)))
    assert "Withdrawn." in words(ada.post(address(case, "withdrawal"), follow=True))


def test_of_what_is_open_again_nobody_begins_the_case_and_its_page_is_found(case, cast):  # noqa: F811
    published(case, cast.sam)
    sam, incident = client_of(cast.sam), Incident.objects.get(pk=case.incident_id)
    incident.reopen(by=cast.sam, text="It is back")
    assert client_of(cast.ana).post(f"/training/cases/{case.key}/").status_code == 404
    assert "Its training case" in words(sam.get(incident.get_absolute_url()))
    assert "Its incident was re-opened" in words(sam.get(address(case)))
    incident.resolve(by=cast.sam, cause="change", text="Over")
    assert client_of(cast.ana).post(f"/training/cases/{case.key}/").status_code == 302


def played(case, by, answered: int) -> TrainingPlay:  # noqa: F811
    play = TrainingPlay.begin_play(by=by, case=case.key, told=case.told)
    for n in range(answered):
        play.answer_step(by=by, step=n, said={"now": False}, score=told.score)
    return play


@pytest.mark.rehearsal("long")
def test_of_what_is_restricted_later_plays_show_score_and_day_alone(case, cast):  # noqa: F811
    published(case, cast.sam)
    ended, goes_on = played(case, cast.ana, len(case.told["steps"])), played(case, cast.jo, 1)
    incident, secret = Incident.objects.get(pk=case.incident_id), case.told["steps"][0]["text"].splitlines()[0]
    ana, jo = client_of(cast.ana), client_of(cast.jo)
    assert case.title in words(ana.get("/training/")) and case.title in words(jo.get("/training/"))
    incident.restrict(by=cast.sam, text="Private")
    for client, play in ((ana, ended), (jo, goes_on), (client_of(cast.sam), ended)):
        for page in (client.get("/training/"), client.get(play.get_absolute_url())):
            assert case.title not in words(page) and secret not in words(page)
    assert f"{ended.score} of 100" in words(ana.get(ended.get_absolute_url()))
    said = Program(cast.ana, "plan").get(f"/training/plays/{ended.pk}").json()
    assert (said["title"], said["steps"], said["score"]) == ("", [], ended.score)
    program = Program(cast.jo, "plan")
    assert program.post(f"/training/plays/{goes_on.pk}/answers", {"step": 2, "when": "not-yet"}).status_code == 409
    assert case.title not in program.get("/training").text
    assert case.title not in Program(cast.ana, "plan").get("/training").text
    jo.post(goes_on.get_absolute_url(), {"step": "1", "when": "not-yet"})
    goes_on.refresh_from_db()
    assert len(goes_on.answers) == 1
    incident.lift_restriction(by=cast.ada, text="Over")
    assert case.title in words(jo.get(goes_on.get_absolute_url()))


@pytest.mark.rehearsal("long")
def test_the_words_of_what_should_not_have_been_published_are_taken_from_every_play(case, cast):  # noqa: F811
    published(case, cast.sam)
    ended = played(case, cast.ana, len(case.told["steps"]))
    played(case, cast.jo, 1)
    sam = client_of(cast.sam)
    assert "Withdrawn." in words(sam.post(address(case, "withdrawal"), follow=True))
    assert "taken from every play" in words(sam.post(address(case, "withdrawal"), {"words": "1"}, follow=True))
    left = TrainingPlay.objects.get()
    assert (left.pk, left.title, left.told, left.score) == (ended.pk, "", {}, ended.score)
    ana = client_of(cast.ana)
    assert "not told any more" in words(ana.get("/training/"))
    assert f"{ended.score} of 100" in words(ana.get(left.get_absolute_url()))
    case.refresh_from_db()
    case.publish(by=cast.sam, check=Checker(case).sentences)
    assert played(case, cast.jo, 1).told == case.told, "mended, it is played again"


def test_a_program_finds_what_it_has_begun_of_a_case_that_is_withdrawn(case, cast):  # noqa: F811
    published(case, cast.sam)
    play = played(case, cast.ana, 1)
    case.withdraw(by=cast.sam)
    rows = {one["key"]: one for one in Program(cast.ana, "plan").get("/training").json()["cases"]}
    assert (rows[case.key]["play"], rows[case.key]["offered"]) == (play.pk, False)
    assert rows["3-no-access"]["offered"]
    assert case.key not in [one["key"] for one in Program(cast.jo, "plan").get("/training").json()["cases"]]
