"""Keys of a source: exchanged without a gap, ended at once, brought along from another product."""

from datetime import timedelta

import pytest
from django.urls import reverse

from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.trail.models import Entry
from incidents.inbound import views
from incidents.models import Receipt, Source, SourceKey
from incidents.models.keys import hashed
from tests.incidents.inbound_kit import FIRES, Sender, sample
from tests.incidents.pagerduty_kit import PagerDutySender
from tests.stories.test_admin import SOURCE, key_on, on_record

pytestmark = pytest.mark.django_db

OLD = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6"  # what an old product had made


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


@pytest.fixture
def north(cast, clock):
    return Sender(service=cast.service)


def page(name: str, *args) -> str:
    return reverse(f"admin:incidents_source_{name}", args=args)


def test_the_kind_of_a_source_stays_once_something_came_in_because_that_is_read_by_it(north, ada, cast):
    form = {**SOURCE, "name": "North", "kind": "webhook", "service": cast.service.pk}
    assert ada.post(page("change", north.source.pk), form).status_code == 302
    assert ada.post(page("change", north.source.pk), {**form, "kind": "alertmanager"}).status_code == 302
    north.posts(FIRES)
    refused = ada.post(page("change", north.source.pk), form)
    assert "was sent as “Prometheus Alertmanager”" in refused.content.decode()
    north.source.refresh_from_db()
    assert north.source.kind == "alertmanager"
    assert ada.post(page("change", north.source.pk), {**form, "kind": "alertmanager"}).status_code == 302


def opens(sender: Sender, key: str) -> bool:
    sender.key = key
    return sender.post(sample(FIRES)).status_code == 202


def test_a_new_key_is_handed_out_before_the_old_one_ends(north, ada, clock):
    old = north.key
    new = key_on(ada.post(page("key", north.source.pk), {"old": "1d"}))
    assert opens(north, old)
    assert opens(north, new)
    clock.jump(hours=23, minutes=59)
    assert opens(north, old)
    clock.jump(minutes=2)
    assert not opens(north, old)
    assert opens(north, new)


def test_a_new_key_may_leave_the_others_as_they_are_and_hurries_no_end(north, ada, clock):
    SourceKey.make(north.source, old_end=kit_clock.now() + timedelta(hours=1))
    ada.post(page("key", north.source.pk), {"old": "7d"})
    ada.post(page("key", north.source.pk), {})
    ends = [key.ends_at and key.ends_at - kit_clock.now() for key in SourceKey.objects.order_by("id")]
    assert ends == [timedelta(hours=1), timedelta(days=7), None, None]
    assert ada.post(page("key", north.source.pk), {"old": "never"}).status_code == 200
    assert SourceKey.objects.count() == 4


def test_a_key_that_is_ended_opens_nothing_from_that_moment_on(north, ada, monkeypatch):
    assert opens(north, north.key)
    assert hashed(north.key) in views._remembered
    [key] = north.source.door_keys.all()
    asked = ada.get(page("key_end", north.source.pk, key.pk)).content.decode()
    assert "No other key opens this source." in asked
    for _press in range(2):
        ada.post(page("key_end", north.source.pk, key.pk))
    assert not opens(north, north.key), "although the door remembers it for some seconds"
    assert Receipt.objects.count() == 1
    assert [kind for kind, _data in on_record()] == ["config_key_ended"]
    assert ada.get(page("key_end", 0, key.pk)).status_code == 404


def test_a_key_that_moves_to_another_source_opens_that_at_once(north, cast, clock):
    south = Source.objects.create(name="South", kind="alertmanager", service=cast.service)
    north.source.door_keys.get().end(kit_clock.now())
    SourceKey.bring(north.source, OLD)
    assert opens(north, OLD)
    assert hashed(OLD) in views._remembered
    north.source.door_keys.get(key_hash=hashed(OLD)).end(kit_clock.now())
    SourceKey.bring(south, OLD)
    assert opens(north, OLD), "although the door remembers for some seconds what it opened before"
    assert [receipt.source.name for receipt in Receipt.objects.order_by("id")] == ["North", "South"]


def test_a_key_that_another_message_has_looked_up_anew_opens_this_one_too(north, cast, monkeypatch):
    """Both were let in by what the door remembered; the other was faster to find that it is not so any more."""

    class Faster(dict):
        def pop(self, *said):
            super().pop(*said)

    monkeypatch.setattr(views, "_remembered", Faster())
    SourceKey.bring(north.source, OLD)
    assert opens(north, OLD)
    north.source.door_keys.get(key_hash=hashed(OLD)).end(kit_clock.now())
    SourceKey.bring(Source.objects.create(name="South", kind="alertmanager", service=cast.service), OLD)
    assert opens(north, OLD)


def test_when_a_key_was_used_last_is_known_to_the_hour_and_costs_a_write_an_hour(north, clock):
    def used():
        return SourceKey.objects.get().used_at

    began = kit_clock.now()
    opens(north, north.key)
    clock.jump(minutes=59)
    opens(north, north.key)
    assert used() == began
    clock.jump(minutes=2)
    opens(north, north.key)
    assert used() == kit_clock.now()


def test_a_key_of_another_product_is_brought_along_and_its_senders_need_no_change(cast, ada, clock):
    watch = PagerDutySender(service=cast.service)
    answer = ada.post(page("brought_key", watch.source.pk), {"brought": OLD}, follow=True)
    assert "…c5d6" in answer.content.decode()
    assert OLD not in answer.content.decode()
    watch.key = OLD
    assert watch.says("trigger").status_code == 202
    [(kind, data)] = on_record()
    assert (kind, data["key"], SourceKey.objects.get(origin="imported").made_by) == (
        "config_key_brought",
        "…c5d6",
        cast.ada,
    )
    assert OLD not in str(Entry.objects.values_list("data", flat=True))


@pytest.mark.parametrize("key", ["short", "a" * 15, "a b" * 10, "é" * 20, "x" * 31, "x" * 33, "-" * 32])
def test_what_can_be_no_key_is_not_brought_along(cast, ada, key):
    watch = PagerDutySender(service=cast.service)
    said = ada.post(page("brought_key", watch.source.pk), {"brought": key})
    assert said.status_code == 200
    assert said.context["form"].errors["brought"]
    assert SourceKey.objects.count() == 1


def test_a_key_opens_one_source_and_moves_to_another_only_when_it_has_ended(cast, clock):
    first, second = (Source.objects.create(name=name) for name in ("First", "Second"))
    key = SourceKey.bring(first, OLD)
    with pytest.raises(Refused, match="opens First already"):
        SourceKey.bring(second, OLD)
    key.end(kit_clock.now())
    assert SourceKey.bring(second, OLD).source == second


def test_only_admins_see_or_make_keys(cast, client, north):
    client.force_login(cast.sam)
    [key] = north.source.door_keys.all()
    for path in (page("key", 1), page("brought_key", 1), page("key_end", 1, key.pk)):
        assert client.get(path).status_code in (302, 403)
        assert client.post(path).status_code in (302, 403)
    assert SourceKey.objects.count() == 1
