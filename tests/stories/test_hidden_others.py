"""What belongs to an incident and is hidden from its reader is named nowhere, and no look at it comes too late."""

import pytest
from django.test import Client

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from incidents.models import Access, AlertKey, Incident
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, Sender
from tests.stories.test_incident_page import fresh, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def hidden(open_incident, cast):
    """Ada's; it is to be hidden from all others."""
    return open_incident("Somebody is inside", by=cast.ada)


def hide(incident, cast) -> None:
    incident.restrict(by=cast.ada, text="Names of customers.")
    Access.objects.filter(incident=incident).exclude(person=cast.ada).delete()


def page(person, incident) -> str:
    client = Client()
    client.force_login(person)
    return words(client.get(incident.get_absolute_url()))


def test_a_refused_link_does_not_name_the_whole_that_is_hidden(open_incident, hidden, cast):
    part, other = open_incident("A part"), open_incident("Another")
    part.link(hidden, kind="part", by=cast.ada)
    hide(hidden, cast)
    with pytest.raises(Refused, match=f"{part.ref} is itself a part of another incident"):
        part.link(other, kind="part", by=cast.ana)
    with pytest.raises(Refused, match=f"is itself a part of {hidden.ref}"):
        part.link(other, kind="part", by=cast.ada)


def test_a_refused_re_opening_does_not_name_the_one_that_is_hidden(cast, clock):
    sender = Sender(service=cast.service)
    sender.posts(FIRES)
    first = Incident.objects.get()
    sender.posts(ALL_ENDED)
    clock.jump(hours=1)
    sender.posts(FIRES, notification_reason="again")
    later = Incident.objects.exclude(pk=first.pk).get()
    hide(later, cast)
    with pytest.raises(Refused, match="opened another incident since"):
        fresh(first).reopen(by=cast.ana, text="Still there.")
    with pytest.raises(Refused, match=f"opened {later.ref} since"):
        fresh(first).reopen(by=cast.ada, text="Still there.")


def test_a_duplicate_does_not_name_what_it_went_into_once_that_is_hidden(open_incident, hidden, cast):
    duplicate = open_incident("The same")
    duplicate.merge_into(hidden, by=cast.ada, text="It is.")
    assert f"Ada Lund merged it into {hidden.ref}" in page(cast.ana, duplicate)
    hide(hidden, cast)
    shown = page(cast.ana, duplicate)
    assert "Ada Lund merged it into another incident" in shown
    assert hidden.ref not in shown
    for person, named in ((cast.ana, "another incident"), (cast.ada, hidden.ref)):
        with pytest.raises(Refused, match=f"{duplicate.ref} was merged into {named}"):
            fresh(duplicate).publish_update(
                by=person, epoch=None, stage="watching", text="It is over.", to_stakeholders=True, on_status_page=False
            )


def test_who_holds_what_another_went_into_is_not_told_its_number_if_that_is_hidden_from_them(open_incident, cast):
    """Both are restricted, each to others."""
    hidden, other = open_incident("Somebody is inside", by=cast.ada), open_incident("Mail is read", by=cast.ada)
    other.acknowledge(by=cast.ana)
    for one in (hidden, other):
        fresh(one).restrict(by=cast.ada, text="Names of customers.")
    Access.objects.filter(incident=hidden).exclude(person=cast.ada).delete()
    fresh(hidden).merge_into(fresh(other), by=cast.ada, text="It is the same.")
    told = Delivery.objects.filter(kind="merged", person=cast.ana).values_list("message__from", flat=True)
    assert set(told) == {"another incident"}


def test_the_record_goes_on_naming_what_is_linked_no_more(open_incident, hidden, cast):
    one, other = open_incident("One"), open_incident("Another")
    one.link(other, kind="related", by=cast.ana)
    one.link(hidden, kind="related", by=cast.ada)
    one.unlink(other, by=cast.ana)
    one.unlink(hidden, by=cast.ada)
    hide(hidden, cast)
    shown = page(cast.ana, one)
    assert f"Ana Ruiz unlinked this from {other.ref}" in shown
    assert f"Ana Ruiz linked this with {other.ref}" in shown
    assert "Ada Lund unlinked this from another incident" in shown
    assert hidden.ref not in shown


def test_what_a_duplicates_source_reports_is_shown_where_it_went(open_incident, cast):
    Sender(service=cast.service).posts(FIRES)
    newer, older = Incident.objects.get(), open_incident("The disk of the shop")
    newer.merge_into(older, by=cast.ana, text="One disk.")
    shown = page(cast.ana, older)
    assert AlertKey.objects.get(ended_at=None).incident == older
    assert "Alerts" in shown and "firing" in shown


def test_whoever_lost_sight_of_it_meanwhile_changes_nothing(open_incident, cast):
    incident, other = open_incident("One"), open_incident("Another")
    loaded = fresh(incident)  # Mei's page was being made
    incident.restrict(by=cast.ana, text="Names of customers.")
    for deed in (
        lambda: loaded.note(by=cast.mei, text="Hello"),
        lambda: fresh(other).link(loaded, kind="related", by=cast.mei),
    ):
        with pytest.raises(Refused) as refusal:
            deed()
        assert refusal.value.code == "not-allowed"
    assert not incident.trail.entries.filter(kind="note").exists()
