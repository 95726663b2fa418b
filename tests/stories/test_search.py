"""Search: the same words find the same incidents on every database, and only for who may see them."""

import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client

from escalation.trail import triggers
from escalation.trail.models import EntryText
from incidents.models import Incident, SearchText, Service
from incidents.models.search import asked_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(cast, open_incident):
    """A few incidents with a history; returns who finds which by words."""
    made = {
        "cards": open_incident("Card payments fail", symptom="Timeout from gateway-7.example.com"),
        "mail": open_incident("Überlauf in the mail queue", service=None),
        "disk": open_incident('Disk "db-42" is 100% full; rm -rf? (again)', service=None),
        "tokyo": open_incident("東京のサーバーが停止", service=None),
        "café": open_incident("Cafe\u0301 printer smokes", service=None),
    }
    made["cards"].acknowledge(by=cast.ana)
    made["cards"].attempt(by=cast.ana, text="Restarted the Frobnicator", outcome="no_effect")
    made["cards"].note(by=cast.jo, text=f"Looks like INC-{made['mail'].number} again; see the Smørrebrød page")
    made["cards"].hand_over(by=cast.ana, to=cast.mei, text="Certificates need a renewal")
    made["disk"].resolve(by=cast.ana, cause="capacity", text="Emptied the wastebasket of Łukasz")
    names = {one.pk: name for name, one in made.items()}

    def found(words: str, user=cast.ana) -> set[str]:
        asked, seen = asked_for(words), Incident.objects.visible_to(user)
        by_row, by_index = seen.search(asked), seen.search_over(asked)
        assert set(by_row.resolved()) == set(by_index)
        return {names[one.pk] for one in by_row}

    found.made = made
    return found


FOUND = [
    ("card", {"cards"}),
    ("FAIL car", {"cards"}),
    ("ard", set()),  # words are found by their beginning
    ("payments", {"cards"}),  # its service as well
    ("gateway-7", {"cards"}),
    ("frobni", {"cards"}),
    ("certificates renewal fail", {"cards"}),
    ("smorrebrod", {"cards"}),
    ("SMØRREBRØD", {"cards"}),
    ("wastebasket", {"disk"}),
    ("lukasz", {"disk"}),
    ("uberlauf", {"mail"}),
    ("ÜBERLAUF", {"mail"}),
    ("U\u0308berlauf", {"mail"}),
    ("CAFÉ", {"café"}),
    ("京", {"tokyo"}),
    ("サーバー", {"tokyo"}),
    ('"disk full"', {"disk"}),
    ("db-42", {"disk"}),
    ("full;", {"disk"}),
    ("-disk", {"disk"}),
    ("card wastebasket", set()),
    ("unicorn", set()),
    ('"*NEAR(', set()),
    ("disk:* & !mail | x", set()),
    ("' OR 1=1 --", set()),
    ("!!! *** ((", set()),
    ("", set()),
    ("§svc1", set()),
    ("\x00\ud800card", {"cards"}),
    ("card " * 2000, {"cards"}),
    ("x" * 10_000, set()),
    ("9" * 5000, set()),
    ("INC-99999999999999999999", set()),
]


def test_the_same_words_find_the_same_incidents_on_every_database(past):
    for words, names in FOUND:
        assert past(words) == names, words[:99]
    Incident.objects.update(resolved_at=F("opened_at"))  # now the index is asked for each
    for words, names in FOUND:
        assert past(words) == names, words[:99]


def test_a_reference_finds_itself_and_who_names_it(past):
    mail = past.made["mail"].number
    assert past(f"inc-{mail}") == {"mail", "cards"}
    assert past(f"INC-{mail} certificates") == {"cards"}
    assert "mail" in past(str(mail))


ODD = ['"*NEAR(', "'", "a" * 10_000, "%00", "INC-", "-", "(((", "\\", ":*", "§inc1001"]


@pytest.mark.rehearsal("long")
def test_nothing_that_is_asked_for_is_an_error(past, cast):
    client = Client()
    client.force_login(cast.ana)
    for path in ("/queue/", "/board/"):
        for words in ODD:
            assert client.get(path, {"q": words, "scope": "all"}).status_code == 200, (path, words[:99])


def test_who_may_not_see_an_incident_does_not_find_what_was_written_on_it(past, cast, open_incident):
    secret = open_incident("Somebody reads the payroll", restricted=True)
    secret.note(by=cast.ana, text="It is the heliotrope account")
    asked = asked_for("heliotrope")
    assert list(Incident.objects.visible_to(cast.ana).search(asked)) == [secret]
    secret.resolve(by=cast.ana, cause="human", text="It was the accountant")
    assert list(Incident.objects.visible_to(cast.ana).search_over(asked)) == [secret]
    for name in ("kim", "rita", "tom"):
        assert not Incident.objects.visible_to(getattr(cast, name)).search(asked)
        assert not Incident.objects.visible_to(getattr(cast, name)).search_over(asked)
    assert past("frobnicator", cast.rita) == set()


def test_a_service_is_found_by_its_new_name_at_once(past, cast):
    Service.objects.filter(pk=cast.service.pk).update(name="Checkout")
    assert past("checkout fail") == {"cards"}
    assert past("payments gateway") == {"cards"}  # of the title


def test_what_leaves_the_record_is_no_longer_found_and_the_rest_is(past):
    cards = past.made["cards"]
    with triggers.lifted(connection):
        EntryText.objects.filter(entry__trail=cards.trail_id, text__contains="Frobnicator").delete()
    assert past("frobnicator") == set()
    assert past("certificates gateway") == {"cards"}


def test_what_is_written_over_is_no_longer_found_and_the_rest_is(past, cast):
    cards = past.made["cards"]
    said = EntryText.objects.get(entry__trail=cards.trail_id, text__contains="Frobnicator")
    with triggers.lifted(connection):
        said.text = "removed"
        said.save()
    assert past("frobnicator") == set()
    assert past("removed certificates gateway") == {"cards"}


def test_what_has_no_words_yet_gets_all_of_them_with_the_next_note(past, cast):
    cards = past.made["cards"]
    SearchText.objects.filter(incident=cards).delete()  # as an older version leaves it
    assert past("gateway") == set()
    cards.note(by=cast.ana, text="Going on")
    assert past("going frobnicator gateway") == {"cards"}


def test_reindex_makes_what_the_verbs_keep(past, capsys):
    before = {row.pk: set(row.words.split()) for row in SearchText.objects.all()}
    SearchText.objects.all().delete()
    assert past("card") == set()
    call_command("reindex")
    assert "5 incidents" in capsys.readouterr().out
    assert {row.pk: set(row.words.split()) for row in SearchText.objects.all()} == before


def test_the_queue_says_where_it_was_found(past, cast):
    client = Client()
    client.force_login(cast.jo)

    def page(words: str) -> str:
        return client.get("/queue/", {"q": words}).content.decode()

    assert "in an attempt by Ana Ruiz, 2 Mar" in page("frobnicator")
    assert "in a brief by Ana Ruiz, 2 Mar" in page("card renewal")
    assert "in the first report, 2 Mar" in page("gateway")
    assert "in what fixed it, by Ana Ruiz, 2 Mar" in page("wastebasket")
    assert 'class="place"' not in page("card payments")


def test_a_very_long_list_is_not_counted_to_its_end(past, cast, monkeypatch):
    monkeypatch.setattr("incidents.desk.pages.MOST", 2)
    monkeypatch.setattr("incidents.desk.boards.PAGE", 1)
    client = Client()
    client.force_login(cast.ana)
    page = client.get("/queue/", {"page": "99"}).content.decode()
    assert "2–2 of 2+" in page
    bar = '<span class="n" data-count="queue">2+</span>'
    assert bar in page and bar in client.get("/").content.decode() and bar in client.get("/board/").content.decode()


@pytest.mark.rehearsal("rows")
def test_of_very_much_that_is_resolved_only_the_newest_is_looked_at_and_the_page_says_so(
    cast, open_incident, monkeypatch
):
    monkeypatch.setattr("incidents.models.search.LOOK", 2)
    monkeypatch.setattr("incidents.desk.boards.LOOK", 2)
    for n in range(4):
        open_incident(f"Timeouts {n}").resolve(by=cast.ana, cause="human", text="Waited")
    open_incident("Timeouts still", service=None)
    client = Client()
    client.force_login(cast.ana)

    def page(query: str) -> tuple[list[str], bool]:
        shown = client.get(f"/queue/?{query}").content.decode()
        return re.findall(r'class="title"[^>]*>([^<]+)<', shown), "only the newest 2 with these words" in shown

    assert page("q=timeouts") == (["Timeouts still", "Timeouts 3", "Timeouts 2"], True)
    assert page("q=timeouts+0") == (["Timeouts 0"], False)
    assert page("q=timeouts&status=triggered") == (["Timeouts still"], False)


@pytest.mark.rehearsal("rows")
def test_a_word_with_which_thousands_of_services_begin_is_no_error(cast, open_incident):
    Service.objects.bulk_create(
        [Service(name=f"Pay {n}", team=cast.teams["Applications"], policy=cast.policy) for n in range(1500)]
    )
    open_incident("It is slow").note(by=cast.ana, text="Since noon")
    client = Client()
    client.force_login(cast.ana)
    for path in ("/queue/?q=pay+slow", "/queue/?q=pay+pay+pay&status=resolved", "/board/?q=pay", "/wall/?q=pay"):
        assert client.get(path).status_code == 200
    assert "It is slow" in client.get("/queue/?q=pay+noon").content.decode()
