"""What the desk promises: nothing overwritten unseen, nothing told to strangers, no dead ends, no crash."""

import json
import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from escalation.engine import supervisor
from escalation.engine.models import Delivery
from incidents.models import Incident
from tests.incidents.test_setup import manage

pytestmark = pytest.mark.django_db

KEY = "only-for-tests-and-long-enough-to-be-no-warning-0123456789"


@pytest.fixture
def sign_in():
    def client_of(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def worked(open_incident, clock, cast):
    """Ana works on it since a minute after it was opened."""
    incident = open_incident("Card payments fail")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return fresh(incident)


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def url(name: str, incident) -> str:
    return reverse(name, args=[incident.number])


def words(response) -> str:
    """What somebody reads: the markup gone."""
    text = re.sub(r"<(script|style|template)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def post(client, name, incident, **data):
    data.setdefault("seen", fresh(incident).state_token)
    return client.post(url(name, incident), data)


def hold(client, incident, **more):
    """Hold it in the dialog of a page with scripts."""
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    data = {"wake": "60", "text": "Waiting", "seen": fresh(incident).state_token, **more}
    return client.post(url("hold", incident), data, headers=headers)


# --- forms ----------------------------------------------------------------------------------------


def test_the_facts_form_states_only_what_was_changed(worked, cast, sign_in):
    worked.state(by=cast.ana, people_affected=150, impact=2, urgency=2)
    jo = sign_in(cast.jo)
    form = jo.get(url("facts", worked)).content.decode()
    filled = dict(re.findall(r'name="((?:initial-)[^"]+|seen)" value="([^"]*)"', form))
    assert filled.keys() == {"initial-people_affected", "initial-impact", "initial-urgency", "seen"}
    worked.state(by=cast.ana, people_affected=1900)  # while Jo reads
    assert (
        jo.post(url("facts", worked), {**filled, "people_affected": 150, "impact": 2, "urgency": 1}).status_code == 302
    )
    assert (fresh(worked).people_affected, fresh(worked).urgency) == (1900, 1)


def test_the_undo_of_a_hold_never_ends_another_hold(worked, cast, sign_in):
    ana, sam = sign_in(cast.ana), sign_in(cast.sam)
    undo = json.loads(hold(ana, worked)["HX-Trigger"])["toast"]["undo"]
    post(sam, "resumption", worked)
    hold(sam, worked, text="Waiting for the supplier")
    assert ana.post(undo, headers={"HX-Request": "true"}).status_code == 409
    assert fresh(worked).status == "on_hold"


def test_a_hold_is_undone(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    undo = json.loads(hold(ana, worked)["HX-Trigger"])["toast"]["undo"]
    assert ana.post(undo, headers={"HX-Request": "true"}).status_code == 204
    assert fresh(worked).status == "acknowledged"


def test_a_nul_in_a_search_is_no_error(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    for path in ("/queue/", "/board/", url("handover", worked), url("escalation", worked)):
        assert ana.get(path, {"q": "a\0b"}).status_code == 200


# --- who sees what, and where addresses lead ------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_what_follows_a_restricted_incident_is_restricted_and_does_not_name_it_to_strangers(
    open_incident, clock, cast, sign_in
):
    earlier = open_incident("Leaked payroll", restricted=True, by=cast.ana)
    earlier.resolve(by=cast.ana, cause="change", text="Closed the share")
    clock.forward(days=7)
    stated = {"title": "It leaks again", "service": cast.service.pk}
    sign_in(cast.ana).post(f"{reverse('incident-new')}?after={earlier.number}", stated)
    later = Incident.objects.latest("id")
    assert (later.previous, later.restricted) == (earlier, True)
    assert f"follows {earlier.ref}" in words(sign_in(cast.ana).get(later.get_absolute_url()))
    for stranger in (cast.kim, cast.tom, cast.rita):
        assert sign_in(stranger).get(later.get_absolute_url()).status_code == 404
    later.acknowledge(by=cast.ana)
    fresh(later).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    tom = sign_in(cast.tom).get(later.get_absolute_url())
    assert tom.status_code == 200  # a participant of this one only
    assert earlier.ref not in words(tom)


@pytest.mark.parametrize("path", ["/nothing", "/nothing/", "/incidents/1/nothing/"])
def test_an_unknown_address_is_not_found_signed_in_or_out(path, cast, sign_in):
    assert Client().get(path).status_code == 404
    assert sign_in(cast.ana).get(path).status_code == 404


def test_a_search_for_a_whole_reference_goes_there(worked, cast, sign_in):
    for typed in (worked.ref, f" {worked.ref.lower()} "):
        answer = sign_in(cast.ana).get("/queue/", {"q": typed})
        assert (answer.status_code, answer["Location"]) == (302, worked.get_absolute_url())
    assert sign_in(cast.rita).get("/queue/", {"q": worked.ref}).status_code == 200  # not hers: nothing found


# --- what a page says -----------------------------------------------------------------------------


def test_who_is_called_again_reads_that_it_was_reopened(worked, cast, sign_in):
    worked.resolve(by=cast.ana, cause="change", text="Rolled back")
    fresh(worked).reopen(by=cast.mei, text="It is back")
    jo = sign_in(cast.jo)
    assert "it was re-opened" in words(jo.get("/"))
    assert "it was re-opened" in words(jo.get(worked.get_absolute_url()))
    assert Delivery.objects.filter(person=cast.jo, kind="call").latest("id").message["why"] == "reopened"


def test_people_affected_reads_not_known_until_somebody_says(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    assert "People affected not known" in words(ana.get(worked.get_absolute_url()))
    worked.state(by=cast.ana, people_affected=1900)
    assert "People affected 1,900" in words(ana.get(worked.get_absolute_url()))


def test_without_scripts_every_countdown_has_its_text(worked, clock, cast, sign_in):
    clock.forward(minutes=1)
    page = sign_in(cast.ana).get(worked.get_absolute_url()).content.decode()
    left = re.findall(r'<time class="clock[^>]*>([^<]*)</time>', page)
    assert "14:00" in left
    assert all(text.strip() for text in left)
    assert not re.search(r"<span data-since=[^>]*></span>", page)


def test_nobody_is_told_what_they_just_did_themselves(worked, clock, cast, sign_in):
    ana = sign_in(cast.ana)
    hold(ana, worked)
    before = Delivery.objects.filter(person=cast.ana).count()
    post(ana, "resumption", worked)
    fresh(worked).escalate(by=cast.ana, reason="time", text="Too long")
    assert (fresh(worked).run.tier, fresh(worked).run.holder) == (cast.tiers["l2"], None)
    assert Delivery.objects.filter(person=cast.ana).count() == before


# --- the commands ---------------------------------------------------------------------------------


def test_the_demonstration_is_not_switched_on_in_the_settings_file(tmp_path):
    (tmp_path / ".env").write_text(f"SECRET_KEY={KEY}\nBATON_DEMO=1\n")
    done = manage(tmp_path, "check")
    assert done.returncode != 0
    assert "BATON_DEMO stands in .env" in done.stderr


@pytest.mark.rehearsal("processes")
def test_the_demonstration_ignores_the_database_and_mail_of_an_installation(tmp_path):
    told = "from django.conf import settings as s; print(s.DATABASES['default']['NAME'], s.EMAIL_BACKEND)"
    real = {"DATABASE_URL": "postgres://baton:secret@db.example.com/baton", "EMAIL_URL": "smtp://mail.example.com:25"}
    done = manage(tmp_path, "shell", "-v", "0", "-c", told, BATON_DEMO="1", **real)
    assert done.stdout.split() == [str(tmp_path / "demo.sqlite3"), "django.core.mail.backends.dummy.EmailBackend"]


@pytest.mark.rehearsal("processes")
def test_a_number_that_is_no_port_is_said_to_be_none(tmp_path):
    done = manage(tmp_path, "up", "--port", "99999", SECRET_KEY=KEY)
    assert (done.returncode, done.stderr) == (1, "99999 is not a port; choose one from 1 to 65535.\n")


@pytest.mark.rehearsal("processes")
@pytest.mark.sqlite_only
@pytest.mark.parametrize(("command", "name"), [("up", "baton.sqlite3"), ("demo", "demo.sqlite3")])
def test_a_second_one_on_the_same_file_is_refused_in_one_line_and_has_changed_nothing(tmp_path, command, name):
    file = tmp_path / name
    with supervisor.alone(file):  # the first one begins
        done = manage(tmp_path, command, "--port", "0", SECRET_KEY=KEY)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Baton runs already on {file}; stop it first (Ctrl-C where it runs).\n"
    assert not file.exists()
