"""A text leaves the record lawfully: the words are gone wherever Baton keeps them, and the chain holds."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.trail import triggers
from escalation.trail.evidence import verify as stranger
from escalation.trail.models import Entry, EntryText
from escalation.trail.verifying import verify
from incidents.models import Incident, exporting
from incidents.models.doors import Alert, Receipt
from incidents.models.quoting import without
from incidents.models.search import among, asked_for
from tests.api_kit import Program, new_key
from tests.incidents.inbound_kit import FIRES, Sender, an_alert
from tests.stories.test_incident_page import words

pytestmark = pytest.mark.django_db
SECRET = "Her number is 0171 555 1234, and her doctor is Dr. Grün."


@pytest.fixture
def incident(open_incident, cast, clock):
    incident = open_incident("Card payments fail", symptom="The till says no")
    incident.acknowledge(by=cast.ana)
    incident.note(by=cast.ana, text=f"@sam {SECRET}")
    incident.hand_over(by=cast.ana, to=cast.jo, text=SECRET)
    return incident


def entries(incident, kind):
    return Entry.objects.filter(trail=incident.trail_id, kind=kind)


def client(person):
    browser = Client()
    browser.force_login(person)
    return browser


def everywhere():
    """All that the database holds, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("incidents_search_"):
                continue  # SQLite's own pages of the index: it writes over them when it merges them
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [str(bytes(v) if isinstance(v, memoryview) else v) for row in cursor.fetchall() for v in row]
    return "\n".join(found)


def test_the_words_are_gone_and_who_took_them_is_on_record(incident, cast, clock, settings, tmp_path):
    settings.HOME = tmp_path
    assert "555 1234" in everywhere()
    for kind in ("note", "offered"):
        incident.take_text_away(by=cast.ada, seq=entries(incident, kind).get().seq, text="Data protection, case 12.")
    kept = everywhere()
    assert "555 1234" not in kept and "Grün" not in kept and "grun" not in kept
    note = entries(incident, "note").get()
    assert (note.text_digest != "", EntryText.objects.filter(entry=note).exists()) == (True, False)
    taken = entries(incident, "text_taken").first()
    assert (taken.actor_name, taken.said.text) == (cast.ada.name, "Data protection, case 12.")
    assert json.loads(taken.data)["taken"] == {"seq": note.seq, "kind": "note"}
    assert verify(incident.trail, now=clock.now()).fault is None
    assert not among(Incident.objects.all(), asked_for("1234")).exists()
    page = words(client(cast.ada).get(incident.get_absolute_url()))
    assert "The text was taken away." in page
    assert f"took the text of entry {note.seq} out of the record" in page
    file = tmp_path / "bundle.zip"
    file.write_bytes(exporting.written(Incident.objects.get(pk=incident.pk), by="Ada", now=clock.now()))
    assert f"the text of entry {note.seq}," in " ".join(stranger.verify(file))


def test_what_a_source_sent_goes_with_what_it_first_said(cast):
    Sender(service=cast.service).posts(FIRES)
    incident = Incident.objects.get()
    assert incident.symptom
    symptom = incident.symptom
    incident.take_text_away(by=cast.ada, seq=1, text="It holds a password.")
    assert symptom.split("\n")[0] not in everywhere()
    assert Incident.objects.get().symptom == ""


def test_no_alert_of_a_group_and_no_message_set_aside_keeps_what_a_source_sent(cast, clock):
    alerts = [an_alert(name, annotations={"summary": f"Of Mrs Gruen, {name}"}) for name in ("mq-1", "mq-2")]
    Sender(service=cast.service).posts(FIRES, alerts=alerts, commonAnnotations={})
    late = clock.now() - timedelta(hours=5)  # it waited long, and was set aside
    Receipt.objects.update(received_at=late, state=Receipt.State.QUARANTINED)
    incident = Incident.objects.get()
    assert "Of Mrs Gruen, mq-2" in words(client(cast.ada).get(incident.get_absolute_url()))
    incident.take_text_away(by=cast.ada, seq=1, text="Data protection.")
    assert "Of Mrs Gruen" not in words(client(cast.ada).get(incident.get_absolute_url()))
    assert "Of Mrs Gruen" not in str(Alert.objects.values())
    assert [bytes(one.body) for one in Receipt.objects.all()] == [b""]


def test_a_program_that_asks_again_is_not_told_them(cast):
    program, named, said = Program(cast.ana), new_key(), {"title": "Card payments fail", "symptom": SECRET}
    assert "555 1234" in program.post("/incidents", said, idempotency_key=named).content.decode()
    incident = Incident.objects.get()
    incident.take_text_away(by=cast.ada, seq=1, text="Data protection.")
    again = program.post("/incidents", said, idempotency_key=named)
    assert (again.status_code, again.json()["ref"], again.json()["symptom"]) == (201, incident.ref, "")
    assert "555 1234" not in everywhere()


@pytest.mark.parametrize("asked", ["resolved", "absorbed"])
def test_what_was_said_of_a_merge_goes_from_both_records(open_incident, cast, clock, asked):
    one, other = open_incident("A disk"), open_incident("The shop")
    one.merge_into(other, by=cast.ana, text=SECRET)
    entry = Entry.objects.get(kind=asked, text_digest__gt="")
    Incident.objects.get(trail=entry.trail).take_text_away(by=cast.ada, seq=entry.seq, text="Data protection.")
    assert "555 1234" not in everywhere()
    for each in (one, other):
        assert entries(each, "text_taken").count() == 1
        assert verify(each.trail, now=clock.now()).fault is None


def test_an_admin_alone_may_with_a_reason_and_once(incident, cast):
    seq = entries(incident, "note").get().seq
    address = f"{incident.get_absolute_url()}entries/{seq}/text/removal/"
    assert client(cast.sam).get(address).status_code == 403
    assert client(cast.rita).get(address).status_code == 404
    with pytest.raises(Refused):
        incident.take_text_away(by=cast.sam, seq=seq, text="I would like to.")
    with pytest.raises(Refused):
        incident.take_text_away(by=cast.ada, seq=seq, text="  ")
    ada = client(cast.ada)
    assert address in ada.get(incident.get_absolute_url()).content.decode()
    assert address not in client(cast.sam).get(incident.get_absolute_url()).content.decode()
    assert "deleted for good" in ada.get(address).content.decode()
    assert ada.post(address, {"text": "Data protection."}).status_code == 302
    assert not EntryText.objects.filter(entry__seq=seq, entry__trail=incident.trail_id).exists()
    with pytest.raises(Refused, match="was taken away"):
        incident.take_text_away(by=cast.ada, seq=seq, text="Again.")


def test_the_database_lets_go_of_that_text_and_of_nothing_else(incident, cast):
    note, offered = entries(incident, "note").get(), entries(incident, "offered").get()
    incident.take_text_away(by=cast.ada, seq=note.seq, text="Data protection.")
    for work in (
        lambda: EntryText.objects.filter(entry=offered).delete(),
        lambda: EntryText.objects.filter(entry=offered).update(text="x"),
        lambda: EntryText.objects.all().delete(),
        lambda: Entry.objects.filter(pk=note.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            work()
    assert EntryText.objects.filter(entry=offered).exists()


def test_only_a_later_entry_makes_it_lawful(incident, cast, clock):
    note = entries(incident, "note").get()
    gone = EntryText.objects.get(entry=note)
    with triggers.lifted(connection):
        EntryText.objects.filter(entry=note)._raw_delete("default")
    fault = verify(incident.trail, now=clock.now()).fault
    assert (fault.seq, fault.what) == (note.seq, f"the text of entry {note.seq} is missing")
    gone.save(force_insert=True)
    incident.take_text_away(by=cast.ada, seq=note.seq, text="Data protection.")
    assert verify(incident.trail, now=clock.now()).fault is None
    gone.save(force_insert=True)  # and is back
    assert verify(incident.trail, now=clock.now()).fault.what.startswith(f"entry {note.seq} has a text, though entry")


def test_a_message_that_waits_leaves_without_the_words(incident, cast):
    mentioned = Delivery.objects.filter(kind="mentioned").first()
    assert "555" in mentioned.message["text"]
    incident.take_text_away(by=cast.ada, seq=entries(incident, "note").get().seq, text="Data protection.")
    mentioned.refresh_from_db()
    assert (mentioned.message["text"], mentioned.message["title"]) == ("", "Card payments fail")


def test_what_the_other_side_said_of_a_message_that_failed_goes_too_and_the_reason_stays(incident, cast):
    """Also of what left together with it: they fail as one."""
    mentioned = Delivery.objects.filter(kind="mentioned").first()
    other = Delivery.objects.exclude(kind__in=("mentioned", "offer")).first()
    refused = {"state": "failed", "last_error": f"the mail server refused (550): no “{SECRET[:30]}” here"}
    Delivery.objects.filter(pk__in=[mentioned.pk, other.pk]).update(bundle=mentioned.pk, next_at=None, **refused)
    incident.take_text_away(by=cast.ada, seq=entries(incident, "note").get().seq, text="Data protection.")
    left = Delivery.objects.filter(bundle=mentioned.pk).values_list("last_error", flat=True)
    assert list(left) == ["the mail server refused (550)"] * 2


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ({"text": "one two three"}, {"text": ""}),
        ({"text": "one  two\nthree"}, {"text": ""}),
        ({"so_far": ["Ana: one two three", "else"]}, {"so_far": ["", "else"]}),
        ({"text": "one two th…"}, {"text": ""}),
        ({"title": "Not one two three"}, {"title": ""}),  # no title of the incident's, but one for outsiders
        ({"title": "one two three", "tier": "one", "n": 3}, {"title": "one two three", "tier": "one", "n": 3}),
    ],
)
def test_copies_whole_cut_or_quoted_are_known(message, left):
    assert without(message, "one two three", called=["one two three"]) == left


@pytest.mark.parametrize(
    ("words", "message", "left"),
    [
        ("PIN 7", {"text": "PIN 7", "why": "opened"}, {"text": "", "why": "opened"}),
        ("A leak\n\nPIN 7", {"text": "PIN 7"}, {"text": ""}),  # an attempt: supposed, and done
        ("A leak\n\nPIN 7", {"hypothesis": "A leak"}, {"hypothesis": ""}),
        ("Tried: it\n\nQuestion: PIN 7", {"question": "PIN 7"}, {"question": ""}),  # a brief's answers
        ("PIN 7", {"so_far": ["Ana: PIN 7", "else"]}, {"so_far": ["", "else"]}),
        ("off", {"text": "It is off again", "tier": "Office"}, {"text": "It is off again", "tier": "Office"}),
        ("", {"text": "It is off again", "to": ""}, {"text": "It is off again", "to": ""}),
    ],
)
def test_few_characters_go_where_they_stand_by_themselves(words, message, left):
    assert without(message, words) == left


def test_a_short_text_goes_from_messages_too_and_the_form_says_where_it_stays(open_incident, cast):
    incident = open_incident("Card payments fail")
    incident.attempt(by=cast.ana, hypothesis="PIN 7", text="@sam 7", outcome="no_effect")
    assert Delivery.objects.filter(kind="mentioned").first().message["text"] == "@sam 7"
    seq = entries(incident, "attempt").get().seq
    place = reverse("text-removal", args=[incident.number, seq])
    assert "within longer sentences" not in words(client(cast.ada).get(place))
    incident.take_text_away(by=cast.ada, seq=seq, text="Data protection.")
    assert Delivery.objects.filter(kind="mentioned").first().message["text"] == ""
    incident.note(by=cast.ana, text="PIN 7")
    place = reverse("text-removal", args=[incident.number, entries(incident, "note").get().seq])
    assert "It is short: within longer sentences it stays" in words(client(cast.ada).get(place))
