"""Who was offered it, and then is not any more, is told."""

import pytest

from escalation.engine import deliver
from escalation.engine.models import Delivery
from incidents.models import Incident

pytestmark = pytest.mark.django_db


def test_whoever_was_offered_it_before_reads_that_it_went_to_another(open_incident, cast, clock, mailoutbox):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    for person in (cast.tom, cast.mei):
        Incident.objects.get(pk=incident.pk).hand_over(by=cast.ana, to=person, text="Yours?")
        clock.forward(seconds=40)  # longer than messages are gathered
        deliver.deliver_due()
    told = [mail.body for mail in mailoutbox if mail.to == [cast.tom.email]]
    assert "Ana Ruiz hands this over to you." in told[0]
    assert "Ana Ruiz had offered this to you, took the offer back and offered it to Mei Tanaka." in told[1]


def test_the_same_person_again_is_told_once_more_of_the_offer_and_of_nothing_else(open_incident, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    for text in ("Yours?", "Yours, please?"):
        Incident.objects.get(pk=incident.pk).hand_over(by=cast.ana, to=cast.tom, text=text)
    assert set(Delivery.objects.filter(person=cast.tom).values_list("kind", flat=True)) == {"offer"}
