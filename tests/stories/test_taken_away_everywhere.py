"""Everything that people wrote of an incident is taken away, text by text, and then looked for: in every row of every
table, and on the pages that had it. Where it still is stands here with a reason, and so does every column and every
kind of entry that has none of these texts: what is added tomorrow must be decided, not forgotten."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.urls import reverse

from escalation.trail.verifying import verify
from incidents.models import Incident, TrainingCase, exporting
from tests.api_kit import V1
from tests.chat_kit import Chat, room
from tests.copies_kit import Days
from tests.pages_kit import client_of
from tests.status_kit import FORMS
from tests.webhook_kit import Receiver, webhook

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.enable_socket,
    pytest.mark.rehearsal("long"),
    pytest.mark.timeout(300),  # a hundred requests, and each table is read after each text
]

STAYS = {
    "incidents_problem.cause": "people copied it by hand",
    "incidents_savedview.asked": "somebody looks for it",
}
RECORD = {"trail_entrytext.text", *(f"incidents_search{one}" for one in (".words", "text.words", "text.found"))}
# Entries that have no text of anybody's. Of what is no kind, the pieces of sentences.
PIECES = {"delivered", "other_part", "promise_part", "promise_risk", "role_by_part", "runbook_step", "severity_part"}
PIECES |= {"tries", "unknown"}
WORDLESS = {
    *("accepted", "acknowledged", "advice_taken", "alert", "also_called", "awaits_shift", "began_work", "case_begun"),
    *("case_published", "case_removed", "case_withdrawn", "closed", "delivery", "exhausted", "linked", "needs"),
    *("maintenance_began", "maintenance_ended", "maintenance_moved", "note_taken_back", "offer_returned", "repaired"),
    *("problem_linked", "problem_unlinked", "promise_broken", "put_back", "review_begun", "review_changed", "woken"),
    *("review_shared", "role_back", "role_filled", "role_open", "role_taken", "room_left", "room_told", "rule_acted"),
    *("step_failed", "stopped_work", "taken_back", "told_all", "unlinked"),
    "text_taken",  # why one was taken away: an admin's, of which nothing is copied
}
# Tables, and columns of others, that no text of an incident's record comes into, by what they keep.
ASIDE = {
    "who people are, and how they sign in": "account_emailaddress account_emailconfirmation auth_group"
    " django_session mfa_authenticator people_session people_skill signin_appsecret signin_guess signin_invitation"
    " signin_providedidentity",
    "how people are reached, and how that goes": "notify_breaker notify_chataccount notify_contactmethod engine_pace"
    " engine_replycode engine_sentbefore engine_try engine_delivery.lease engine_beat",
    "when people work": "oncall_feed oncall_feedevent oncall_layer oncall_outsidecalendar oncall_outsidedate"
    " oncall_override oncall_swaprequest incidents_businesshours",
    "how Baton is set up, with a record of its own": "django_admin_log policies_installation policies_policyrule"
    " incidents_chatroom incidents_heartbeat incidents_maintenancewindow incidents_origin incidents_source"
    " incidents_statuspage incidents_updatetemplate incidents_webhook incidents_drill",
    "tasks, which hold ids alone, and their errors": "django_q_ormq django_q_schedule django_q_task engine_timer"
    " incidents_webhookmessage.lease incidents_webhooktry.reason",
    "what a form that was sent is answered with: never what it said": "people_press",
    "where a climb stands, in words of ours": "engine_escalationrun",
    "figures": "incidents_summaryday",
    "what came in of nothing that is here": "incidents_change incidents_refusedmessage incidents_heard",
    "columns beside those that are looked at": "incidents_alert.link incidents_attachment.picture"
    " incidents_incidentrole incidents_receipt.envelope incidents_trainingcase.read",
    "what people write for themselves": "incidents_problem.why_closed",
    "has a story of its own: test_taken_away_training": "incidents_trainingplay",
    "has a story of its own: test_taken_away_reviews": "incidents_reviewfactor",
}


@pytest.fixture
def days(cast, clock, settings, monkeypatch):
    chat, receiver = Chat(settings, monkeypatch), Receiver(echoes=True)
    receiver.answers(200)
    webhook(cast.ada, receiver.url)
    room(cast.ada)
    made = Days(cast, clock)
    made.play()
    yield made
    chat.close()
    receiver.close()


def test_no_row_and_no_page_keeps_what_was_taken_away(days, clock):
    before, pages = found_in(days, rows()), found_in(days, shown(days))
    assert set.union(*before.values()) == set(days.marks)
    assert_everything_was_written(days)
    for text in days.texts():
        take(days, text, places=before)
    assert set(found_in(days, rows())) == STAYS.keys()
    assert len(pages) > 15 and not found_in(days, shown(days))
    for incident in days.incidents:
        assert verify(incident.trail, now=clock.now()).fault is None


def take(days: Days, text, *, places) -> None:
    """With one text goes what it says, but for other texts of the record that Baton names."""
    incident = Incident.objects.get(trail=text.entry.trail_id)
    if not days.texts().filter(pk=text.pk).exists():
        return  # it was said once more, and has gone with that
    named = incident.quoted_in(text.entry.seq)
    elsewhere = days.heard(" ".join(days.texts().filter(entry__seq__in=named).values_list("text", flat=True)))
    incident.take_text_away(by=days.cast.ada, seq=text.entry.seq, text="Data protection.")
    for place, heard in found_in(days, rows({place.partition(".")[0] for place in places})).items():
        left = heard & days.heard(text.text) - (elsewhere if place in RECORD else set())
        assert not left or place in STAYS, (text.entry.kind, place, left)


def rows(tables: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """Each value that the database holds, and of which table and column it is."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor) if tables is None else tables:
            if table.startswith("incidents_search_"):
                continue  # SQLite's own pages of the index: it writes over them when it merges them
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    is_bytes = isinstance(value, memoryview | bytes)
                    yield f"{table}.{name}", bytes(value).decode(errors="replace") if is_bytes else str(value)


def shown(days: Days) -> Iterator[tuple[str, str]]:
    """What an admin reads, and programs, and outsiders; and what is taken along."""
    ada, number = client_of(days.cast.ada), days.incidents[0].number
    case = TrainingCase.objects.get().pk
    places = [reverse("incident", args=[one.number]) for one in days.incidents]
    places += [reverse(name, args=[number]) for name in ("incident-record", "review", "review-change", "updates")]
    places += [reverse("review-markdown", args=[number]), reverse("training-case", args=[case])]
    places += [reverse("training-case-step", args=[case, 1]), reverse("tried"), reverse("reviews"), *FORMS]
    for place in places:
        yield place, ada.get(place).content.decode()
    program = days.programs[days.cast.ana.pk]
    for place in (f"/incidents/{number}", f"/incidents/{number}/entries", f"/incidents/{number}/updates"):
        yield V1 + place, program.get(place).content.decode()
    yield f"{V1}/reviews", program.get(f"/reviews/{number}").content.decode()
    bundle = exporting.written(Incident.objects.get(number=number), by="Ada", now=days.clock.now())
    with zipfile.ZipFile(io.BytesIO(bundle)) as files:
        yield "bundle", " ".join(files.read(name).decode(errors="replace") for name in files.namelist())


def found_in(days: Days, places: Iterator[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for place, said in places:
        if heard := days.heard(said):
            found.setdefault(place, set()).update(heard)
    return found


def assert_everything_was_written(days: Days) -> None:
    """Or the rest would prove nothing."""
    kinds = {file.stem for file in Path(settings.BASE_DIR, "templates/entries").glob("*.html")} - PIECES
    assert kinds - WORDLESS == set(days.texts().values_list("entry__kind", flat=True))
    filled = {place for place, said in rows() if said not in ("", "None", "[]", "{}")}
    aside = {one for some in ASIDE.values() for one in some.split()}
    places = set(columns())
    tables = {place.partition(".")[0] for place in places}
    assert aside <= places | tables
    undecided = {one for one in places - filled - aside if one.partition(".")[0] not in aside}
    assert not undecided, "may they keep what was taken away?"


def columns() -> Iterator[str]:
    """Whatever can hold words, but for those of ours."""
    types = ("CharField", "TextField", "JSONField", "BinaryField")
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.get_internal_type() in types and not field.choices:
                yield f"{model._meta.db_table}.{field.column}"
