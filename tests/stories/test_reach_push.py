"""This browser as a way: subscribed, verified by itself, called by, and gone for good."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from escalation.engine import tasks
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify import vapid
from escalation.notify.models import ContactMethod
from escalation.notify.subscription import Subscription
from escalation.trail.models import Entry
from tests.push_kit import Browser, PushService
from tests.reach_kit import method, rules

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def service(settings, tmp_path):
    settings.HOME, settings.VAPID_KEY, settings.OUTBOUND_ALLOW = tmp_path, "", ["127.0.0.1"]
    vapid.make()
    service = PushService()
    yield service
    service.close()


@pytest.fixture
def browser(service) -> Browser:
    return Browser(f"{service.url}/push/ana")


@pytest.fixture
def ana(cast, client, clock, service):
    client.force_login(cast.ana)
    return client


def browser_address(browser: Browser) -> str:
    return Subscription.read(browser.subscription).address


def use(client: Client, browser: Browser):
    return client.post(reverse("reach-push"), {"subscription": browser.subscription}, headers={"user-agent": AGENT})


def confirm(client: Client, code: str) -> int:
    return client.post(reverse("reach-push-confirmation"), {"code": code}).status_code


def code(service: PushService, browser: Browser) -> str:
    tasks.send()
    return browser.read(service.heard[-1])["code"]


def kept(cast) -> ContactMethod:
    return ContactMethod.objects.get(person=cast.ana, channel="push")


def test_a_browser_becomes_a_way_by_itself(ana, cast, service, browser):
    page = ana.get("/reach/").content.decode()
    assert "Use this browser" in page and vapid.public() in page
    answer = use(ana, browser)
    assert (answer.status_code, answer["Location"]) == (302, "/reach/#ways")
    way = kept(cast)
    assert way.verified_at is None and way.label == "Firefox on Linux" and str(way) == "Browser 127.0.0.1"
    assert confirm(ana, code(service, browser)) == 204
    assert kept(cast).verified_at is not None
    assert browser.endpoint in ana.get("/reach/").content.decode(), "the browser can see that it is there"
    recorded = Entry.objects.filter(kind__startswith="config").values_list("data", flat=True)
    assert not any("/push/ana" in data for data in recorded), "the record is for good, an endpoint is a secret"


def test_the_code_can_be_typed_if_it_does_not_come_back(ana, cast, service, browser):
    use(ana, browser)
    typed = {"code": code(service, browser)}
    ana.post(reverse("reach-verification", args=[kept(cast).pk]), typed)
    assert kept(cast).verified_at is not None


def test_of_two_browsers_each_has_its_own_code(ana, cast, service, browser):
    other = Browser(f"{service.url}/push/other")
    use(ana, browser)
    use(ana, other)
    tasks.send()
    told = {pushed.path: pushed for pushed in service.heard}
    assert confirm(ana, other.read(told["/push/other"])["code"]) == 204
    [verified] = ContactMethod.objects.filter(channel="push", verified_at__isnull=False)
    assert "/push/other" in verified.address
    assert confirm(ana, browser.read(told["/push/ana"])["code"]) == 204


def test_a_wrong_code_counts_and_somebody_elses_is_none(ana, cast, service, browser):
    use(ana, browser)
    right = code(service, browser)
    sam = Client()
    sam.force_login(cast.sam)
    assert confirm(sam, right) == 422
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    assert [confirm(ana, wrong) for _ in range(5)] == [422] * 5
    assert confirm(ana, right) == 422, "it was tried too often"
    assert kept(cast).verified_at is None


def test_nobody_confirms_who_is_not_signed_in(ana, service, browser):
    use(ana, browser)
    right = code(service, browser)
    assert confirm(Client(), right) == 302
    # A service worker has no form to take a token from.
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ana.cookies
    assert use(strict, browser).status_code == 403
    assert confirm(strict, right) == 204


def test_the_same_browser_again_gets_a_new_code_once_it_may(ana, cast, service, browser, clock):
    use(ana, browser)
    first = code(service, browser)
    kit_clock.forward(timedelta(minutes=2))
    use(ana, browser)
    assert code(service, browser) != first
    assert ContactMethod.objects.filter(channel="push").count() == 1
    assert confirm(ana, browser.read(service.heard[-1])["code"]) == 204
    use(ana, browser)
    tasks.send()
    assert len(service.heard) == 2, "it is verified: nothing more is sent"


@pytest.mark.parametrize("subscription", ["", "{}", "null", '{"endpoint": "https://127.0.0.1/"}', "x" * 10_000])
def test_what_no_browser_says_is_refused(ana, subscription):
    answer = ana.post(reverse("reach-push"), {"subscription": subscription}, follow=True)
    assert "This is no browser" in answer.content.decode()
    assert not ContactMethod.objects.filter(channel="push").exists()


def test_without_a_key_it_is_not_offered(ana, service, browser):
    vapid.file().unlink()
    assert "Use this browser" not in ana.get("/reach/").content.decode()
    use(ana, browser)
    assert not ContactMethod.objects.filter(channel="push").exists()


def test_a_call_goes_to_the_browser_by_the_rules(ana, cast, service, browser, open_incident):
    way = method(cast.ana, "push", browser_address(browser))
    rules(cast.ana, "loud", (way, 0))
    incident = open_incident(people_affected=1900)
    tasks.send()
    [said] = [browser.read(pushed) for pushed in service.heard]
    assert said["kind"] == "call" and said["link"] == f"/incidents/{incident.number}/" and said["stays"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_never_tried_again(ana, cast, service, browser, open_incident, status):
    way = method(cast.ana, "push", browser_address(browser))
    rules(cast.ana, "loud", (way, 0))
    service.answers(status)
    open_incident(people_affected=1900)
    tasks.send()
    [row] = Delivery.objects.filter(channel="push")
    assert row.state == Delivery.State.FAILED and len(service.heard) == 1
    entries = [json.loads(data) for data in Entry.objects.filter(kind="delivery").values_list("data", flat=True)]
    [data] = [entry for entry in entries if entry["channel"] == "push"]
    assert data["error"] == "the browser takes no messages any more" and data["way"] == "127.0.0.1"

    gone = kept(cast)
    assert gone.gone_at == kit_clock.now() and gone.verified_at is None
    page = ana.get("/reach/").content.decode()
    assert "takes no messages any more, for good" in page and "no rule can be used" in page
    assert f'data-gone="{browser.endpoint}"' in page
    assert ana.post(reverse("reach-codes", args=[gone.pk])).status_code == 409

    instead = Delivery.objects.get(person=cast.ana, channel="email", fallback=True)
    assert instead.cause == row.cause  # the same call, at once

    open_incident("Search index is stale", people_affected=1900)
    tasks.send()
    fallback = Delivery.objects.filter(person=cast.ana, channel="email", fallback=True).latest("id")
    assert fallback.kind == "call" and fallback.cause != row.cause and len(service.heard) == 1


def test_what_waits_for_a_browser_that_is_gone_fails_and_says_why(ana, cast, service, browser, open_incident, clock):
    way = method(cast.ana, "push", browser_address(browser))
    rules(cast.ana, "loud", (way, 0), (way, 3))
    service.answers(410)
    open_incident(people_affected=1900)
    tasks.send()
    clock.forward(minutes=3)
    tasks.send()
    _first, second = Delivery.objects.filter(channel="push").order_by("id")
    assert second.state == Delivery.State.FAILED and "takes no messages any more" in second.last_error
    assert len(service.heard) == 1


def test_the_service_worker_comes_from_the_root_and_may_do_little(client, service):
    answer = client.get("/sw.js")
    assert answer.status_code == 200 and answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "no-cache"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy and "unsafe" not in policy
    assert client.post("/sw.js").status_code == 405
