"""Who trains, what stays of it, and who sees it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.html import escape

from escalation.kit.errors import Refused
from escalation.people.models import Membership
from incidents.models import TrainingGoal, TrainingPlay
from incidents.practising import shipped, told
from tests.threads import together

pytestmark = pytest.mark.django_db
KEY = "3-no-access"
WAIT = {"when": "not-yet"}
TO_ACCESS = {"when": "now", "to": "2", "why": "access"}


def begin(person, key: str = KEY) -> TrainingPlay:
    return TrainingPlay.begin_play(by=person, case=key, told=shipped.cases()[key])


def answer(play, person, step: int, **said) -> None:
    play.answer_step(by=person, step=step, said=said or {"now": False}, score=told.score)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_ana_plays_a_case_to_its_end_and_sees_each_sign(cast, clock):
    ana = signed_in(cast.ana)
    page = ana.post(f"/training/cases/{KEY}/", follow=True)
    [(address, _status)] = page.redirect_chain
    assert "Step 1 of 3" in text(page)
    assert shipped.cases()[KEY]["lesson"] not in text(page)
    ana.post(address, {"step": "0", **WAIT})
    page = ana.post(address, {"step": "1", **TO_ACCESS}, follow=True)
    assert "The access desk" in text(page)
    assert "Both were right" not in text(page), "nothing is told before the end"
    page = text(ana.post(address, {"step": "2", **WAIT}, follow=True))
    assert "66 of 100 points" in page
    assert "Both were right: to wait a little longer, or to escalate, to: The access desk" in page
    assert "Whoever works on it lacks what it needs: Directory administration" in page
    assert "2 attempts here did not help" in page
    assert "It was time to escalate, to: The access desk" in page
    assert escape(shipped.cases()[KEY]["lesson"]) in page
    assert "your best: 66 of 100" in text(ana.get("/training/"))


def test_going_back_loading_again_and_two_presses_change_no_answer(cast, clock):
    ana = signed_in(cast.ana)
    address = ana.post(f"/training/cases/{KEY}/")["Location"]
    assert ana.post(f"/training/cases/{KEY}/")["Location"] == address, "it goes on where it was"
    for _press in range(2):
        ana.post(address, {"step": "0", **WAIT})
    page = ana.post(address, {"step": "0", **TO_ACCESS}, follow=True)
    assert "your first answer counts" in text(page)
    play = TrainingPlay.objects.get()
    assert play.answers == [{"now": False}]
    with pytest.raises(Refused, match="not come yet"):
        answer(play, cast.ana, 2)
    answer(play, cast.ana, 1)
    answer(play, cast.ana, 2)
    with pytest.raises(Refused, match="first answer counts"):
        answer(play, cast.ana, 2, now=True, to="2", why="access")
    with pytest.raises(Refused, match="not come yet"):
        answer(play, cast.ana, 3)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Say whether you would escalate now."),
        ({"when": "now"}, "Say to whom."),
        ({"when": "now", "to": "2"}, "Say why."),
        ({"when": "now", "to": "9", "why": "access"}, "9 is not one of the available choices"),
        ({"when": "perhaps\x00"}, "not"),
    ],
)
def test_what_is_no_answer_is_said_at_its_field_and_nothing_is_lost(cast, clock, sent, said):
    ana = signed_in(cast.ana)
    address = ana.post(f"/training/cases/{KEY}/")["Location"]
    page = ana.post(address, {"step": "0", **sent})
    assert page.status_code == 422
    assert said in text(page)
    assert TrainingPlay.objects.get().answers == []


@pytest.mark.parametrize("step", ["", "x", "-1", "7", "9" * 400, "²", "\x00"])
def test_a_step_that_is_none_is_refused(cast, clock, step):
    ana = signed_in(cast.ana)
    address = ana.post(f"/training/cases/{KEY}/")["Location"]
    assert ana.post(address, {"step": step, **WAIT}).status_code == 302
    assert TrainingPlay.objects.get().answers == []


def test_who_sees_a_play_and_who_may_play(cast, clock):
    play = begin(cast.ana)
    for step in range(3):
        answer(play, cast.ana, step)
    seen = {
        name: signed_in(getattr(cast, name)).get(play.get_absolute_url()).status_code
        for name in vars(cast)
        if name in WHO
    }
    assert seen == WHO
    assert signed_in(cast.jo).post(play.get_absolute_url(), {"step": "0", **WAIT}).status_code == 404
    assert signed_in(cast.sam).post(play.get_absolute_url(), {"step": "0", **WAIT}).status_code == 403
    assert signed_in(cast.otto).post(f"/training/cases/{KEY}/").status_code == 403
    assert f"/training/cases/{KEY}/" in text(signed_in(cast.sam).get("/training/"))
    assert f"/training/cases/{KEY}/" not in text(signed_in(cast.otto).get("/training/"))
    assert signed_in(cast.ana).post("/training/cases/none-such/").status_code == 404
    assert Client().get(play.get_absolute_url()).status_code == 302


WHO = {"ana": 200, "sam": 200, "ada": 200, "otto": 200, "jo": 404, "kim": 404, "rita": 404}


def test_a_supervisor_sees_who_has_trained_and_only_plays_that_count_do(cast, clock):
    for said in ({"now": False}, {"now": True, "to": "2", "why": "access"}):
        play = begin(cast.ana)
        for step in range(3):
            answer(play, cast.ana, step, **(said if step == 2 else {"now": False}))
        clock.jump(days=1)
    page = text(signed_in(cast.sam).get("/training/")).partition("Whom you answer for")[2]
    assert "1 play that counts, of 1 case" in page
    assert "Ana Ruiz" in page and "Jo Okafor" in page and "Mei Tanaka" not in page
    assert ">last play <time" in page and ": Ana Ruiz</span></a>" in page, "a link is heard as it is seen"
    assert "no play that counts yet" in page
    assert "Whom you answer for" not in text(signed_in(cast.ana).get("/training/"))
    assert "Mei Tanaka" in text(signed_in(cast.ada).get("/training/"))


def test_what_was_reached_stays_however_the_case_is_changed(cast, clock, monkeypatch):
    play = begin(cast.ana)
    changed = {**shipped.cases()[KEY], "lesson": "Another lesson", "steps": shipped.cases()[KEY]["steps"][:1]}
    monkeypatch.setattr(shipped, "cases", lambda: {KEY: changed})
    for step in range(3):
        answer(play, cast.ana, step)
    assert "Another lesson" not in text(signed_in(cast.ana).get(play.get_absolute_url()))
    assert TrainingPlay.objects.get().score == 66


def test_the_database_keeps_one_play_of_a_case_at_a_time_and_a_score_with_an_end(cast, clock):
    play = begin(cast.ana)
    same = {"person": cast.ana, "case": KEY, "title": "t", "told": {}, "began_at": clock.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingPlay.objects.create(**same)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingPlay.objects.filter(pk=play.pk).update(ended_at=clock.now() + timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_two_windows_begin_and_answer_the_same_step_at_once_and_one_counts(cast, clock):
    together(lambda: begin(cast.ana), lambda: begin(cast.ana))
    play, came = TrainingPlay.objects.get(), []
    said = [{"now": False}, {"now": True, "to": "2", "why": "access"}]

    def press(which: int) -> None:
        try:
            TrainingPlay.objects.get(pk=play.pk).answer_step(by=cast.ana, step=0, said=said[which], score=told.score)
        except Refused as refused:
            came.append(refused.code)
        else:
            came.append("taken")

    together(lambda: press(0), lambda: press(1))
    assert sorted(came) == ["stale", "taken"]
    assert TrainingPlay.objects.get().answers in ([said[0]], [said[1]])


# --- by when --------------------------------------------------------------------------------------


def goal(cast, clock, name: str = "Service desk", days: int = 90) -> None:
    Membership.objects.update(joined_at=clock.now())
    TrainingGoal.objects.create(team=cast.teams[name], days=days, set_at=clock.now())


def cues(person) -> str:
    return text(signed_in(person).get("/"))


def test_a_goal_asks_for_a_play_in_time_and_a_good_one_answers_it(cast, clock):
    goal(cast, clock)
    assert "Service desk wants your next play that counts by 1 Apr 2026." in text(signed_in(cast.ana).get("/training/"))
    assert "Play a training case" not in cues(cast.ana), "a month away, it would only be in the way"
    clock.forward(days=17)
    page = cues(cast.ana)
    assert "Play a training case" in page
    assert "Service desk wants it." in page
    assert "Play a training case" not in cues(cast.mei), "her team wants none"
    play = begin(cast.ana)
    answer(play, cast.ana, 0)
    answer(play, cast.ana, 1, now=True, to="2", why="access")
    answer(play, cast.ana, 2, now=True, to="2", why="access")
    assert play.score == 100
    assert "Play a training case" not in cues(cast.ana)
    assert "by 17 Jun 2026" in text(signed_in(cast.ana).get("/training/")), "90 days after it"


def test_who_is_late_is_told_and_their_supervisor_sees_it(cast, clock):
    goal(cast, clock)
    clock.forward(days=31)
    assert "Your supervisors see that it is late." in cues(cast.jo)
    assert "Service desk wanted a play of yours that counts by 1 Apr 2026." in text(
        signed_in(cast.jo).get("/training/")
    )
    page = text(signed_in(cast.sam).get("/training/"))
    assert "0 of 3 people are in time" in page
    assert "3 late" in page
    assert "was due 1 Apr 2026" in page
    assert "was due" not in text(signed_in(cast.kim).get("/training/")), "of other teams she sees nothing"
    assert "0 of 3" not in text(signed_in(cast.jo).get("/training/")), "and colleagues do not see each other"


def test_teams_that_a_supervisor_does_not_lead_are_not_counted(cast, clock):
    Membership.objects.create(user=cast.ana, team=cast.teams["Applications"])
    goal(cast, clock)
    goal(cast, clock, "Applications")
    page = text(signed_in(cast.sam).get("/training/"))
    assert "<b>Service desk</b>" in page
    assert "<b>Applications</b>" not in page, "of its people Sam answers for Ana alone"
    assert "<b>Applications</b>" in text(signed_in(cast.kim).get("/training/"))
    for sees_all in (cast.ada, cast.otto):
        page = text(signed_in(sees_all).get("/training/"))
        assert "<b>Service desk</b>" in page and "<b>Applications</b>" in page


def test_an_admin_sets_a_goal_and_the_record_says_so(cast, clock):
    page = signed_in(cast.ada).post(
        "/admin/incidents/traininggoal/add/", {"team": cast.teams["Applications"].pk, "days": "13"}
    )
    assert "greater than or equal to 14" in text(page)
    signed_in(cast.ada).post(
        "/admin/incidents/traininggoal/add/", {"team": cast.teams["Applications"].pk, "days": "60"}
    )
    assert TrainingGoal.objects.get().days == 60
    assert "a play that counts every 60 days" in text(signed_in(cast.ada).get("/admin/incidents/traininggoal/"))


def test_whoever_is_asked_more_often_has_a_month_again(cast, clock):
    goal(cast, clock, days=365)
    clock.forward(days=200)
    address = f"/admin/incidents/traininggoal/{TrainingGoal.objects.get().pk}/change/"
    team = cast.teams["Service desk"].pk
    assert signed_in(cast.ada).post(address, {"team": team, "days": "14"}).status_code == 302
    assert "3 of 3 people are in time" in text(signed_in(cast.sam).get("/training/"))
    clock.forward(days=20)
    assert signed_in(cast.ada).post(address, {"team": team, "days": "14"}).status_code == 302  # nothing is changed
    clock.forward(days=11)
    assert "3 late" in text(signed_in(cast.sam).get("/training/"))
