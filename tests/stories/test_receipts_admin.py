"""What came in is shown as it came in, with what became of it; what was not understood is tried again."""

import json

import pytest
from django.urls import reverse

from incidents.inbound import hearing, intake, tasks
from incidents.models import Incident, Receipt
from tests.incidents.inbound_kit import FIRES, Sender, sample
from tests.incidents.pagerduty_kit import CHANGES, PagerDutySender
from tests.stories.test_admin import on_record

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]

HOSTILE = "</pre><script>alert(1)</script>"


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


@pytest.fixture
def aside(cast, clock, monkeypatch) -> Receipt:
    """A message that our own code failed on, three times."""
    monkeypatch.setattr(tasks, "ring", lambda _pk: None)
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "hear", lambda *_args: 1 / 0)
        Sender(service=cast.service).posts(FIRES)
        for _time in range(3):
            intake.process_waiting()
    return Receipt.objects.get(state="quarantined")


def page(name: str, *args) -> str:
    return reverse(f"admin:incidents_receipt_{name}", args=args)


def test_the_source_leads_to_what_came_in_by_it_and_what_became_of_it(cast, ada, clock):
    watch, north = PagerDutySender(service=cast.service), Sender(service=cast.service)
    watch.says("trigger", dedup_key=None)
    watch.says("acknowledge")
    watch.says("change", CHANGES)
    north.posts(FIRES)
    form = ada.get(reverse("admin:incidents_source_change", args=[watch.source.pk])).content.decode()
    listed = f"{page('changelist')}?source__id__exact={watch.source.pk}"
    assert listed in form
    shown = ada.get(listed).content.decode()
    assert [f"1 {what}" in shown for what in ("opened", "no match", "change kept", "repeated")] == [
        True,
        True,
        True,
        False,
    ]
    assert reverse("incident", args=[Incident.objects.order_by("id")[0].number]) in shown
    [first, *_others] = Receipt.objects.order_by("id")
    assert f"dedup_key: {first.envelope['dedup_key']}" in ada.get(page("change", first.pk)).content.decode()


def test_the_body_is_shown_as_text_to_a_limit_and_fetched_whole(cast, ada, clock):
    watch = PagerDutySender(service=cast.service)
    watch.says("trigger", client=HOSTILE, links=[{"href": "x" * 30_000}])
    receipt = Receipt.objects.get()
    shown = ada.get(page("change", receipt.pk)).content.decode()
    assert HOSTILE not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert len(shown) < 60_000
    whole = ada.get(page("body", receipt.pk))
    assert json.loads(whole.content)["client"] == HOSTILE
    assert whole["Content-Type"] == "application/octet-stream"
    assert whole["Content-Disposition"].startswith("attachment")


def test_what_was_set_aside_is_tried_again_and_pressing_twice_does_no_harm(
    aside, ada, django_capture_on_commit_callbacks
):
    assert "Try it again" in ada.get(page("change", aside.pk)).content.decode()
    assert "people are called" in ada.get(page("again", aside.pk)).content.decode()
    said = []
    for _press in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            answer = ada.post(page("again", aside.pk), follow=True)
        said += [str(message) for message in answer.context["messages"]]
    assert said == ["It is tried again in a moment.", "It waits for nothing: it was tried meanwhile."]
    assert intake.process_waiting() == 1
    ada.post(page("again", aside.pk))
    assert intake.process_waiting() == 0
    in_its_place, real = Incident.objects.order_by("id")
    aside.refresh_from_db()
    assert (aside.state, aside.outcome["incidents"]) == ("processed", [in_its_place.ref, real.ref])
    assert real.title == sample(FIRES)["commonAnnotations"]["summary"]
    assert [kind for kind, _data in on_record()] == ["receipt_again"]
    assert "Try it again" not in ada.get(page("change", aside.pk)).content.decode()


def test_only_admins_read_what_came_in(aside, cast, client):
    client.force_login(cast.sam)
    for name in ("change", "again", "body"):
        assert client.get(page(name, aside.pk)).status_code in (302, 403)
        assert client.post(page(name, aside.pk)).status_code in (302, 403)
    aside.refresh_from_db()
    assert aside.state == "quarantined"
    cast.sam.is_staff = True  # who may look, and nothing else
    cast.sam.save()
    client.force_login(cast.sam)
    assert client.post(page("again", aside.pk)).status_code == 403
    assert client.get(page("body", aside.pk)).status_code == 403
