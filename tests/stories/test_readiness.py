"""The readiness report: what would go wrong turns red, is mended, and turns green."""

import json
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.engine import climb, deliver, notices, tasks
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, EscalationRun
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.notify import reaching
from escalation.notify.models import ContactMethod, NotificationRule, QuietHours
from escalation.notify.senders import SendFailed
from escalation.oncall.calendars.outside import OutsideCalendar, OutsideDate
from escalation.oncall.models import Schedule
from escalation.people.models import Membership, User
from escalation.policies import asking
from escalation.policies.asking import RequestToTest
from escalation.policies.models import Policy, PolicyStep
from escalation.policies.readiness import badge, gathering
from escalation.policies.readiness.checks import Kind
from escalation.policies.readiness.gathering import report
from escalation.policies.ruling import PolicyRule
from escalation.trail.models import Entry
from incidents.models import MaintenanceWindow, Service
from tests.escalation.test_schedules import make_schedule
from tests.organisation import person
from tests.reach_kit import Carriers, account, method, rules, work
from tests.threads import together

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PAGE = "/readiness/"


@pytest.fixture
def carriers(monkeypatch):
    return Carriers().use(monkeypatch)


@pytest.fixture
def ready(cast, clock, carriers):
    """Everybody has an SMS beside their e-mail, tested both, and a rule for both urgencies."""
    for user in User.objects.filter(is_auditor=False):
        make_ready(user)
    return cast


def make_ready(user) -> ContactMethod:
    sms = method(user, "sms", f"+49151{user.pk:08}")
    for urgency in ("loud", "quiet"):
        rules(user, urgency, (account(user), 0), (sms, 3))
    ContactMethod.objects.filter(person=user).update(proved_at=kit_clock.now(), verified_at=kit_clock.now() - DAY)
    return sms


def found() -> list[tuple[str, bool, str]]:
    return [(one.kind.value, one.red, one.subject.name) for one in report(kit_clock.now()).findings]


def read(user, address=PAGE) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split()).replace("&#x27;", "'")


def sms_of(user) -> ContactMethod:
    return ContactMethod.objects.get(person=user, channel="sms")


# --- each finding: red, mended, green ----------------------------------------------------------------


def test_all_is_ready_says_what_was_checked_and_when(ready):
    assert found() == []
    page = read(ready.ada)
    assert "All is ready." in page and "Checked: 6 people, 4 steps and 0 schedules, 60 days ahead" in page
    assert "at 2 March, 09:30." in page


def test_nothing_but_an_untested_email_is_red_until_it_is_tested_and_an_sms_is_there(cast, clock, carriers, client):
    assert ("email_only", True, "Jo Okafor") in found()
    assert "A call goes by the account's e-mail alone, which was never tested." in read(cast.jo, "/reach/")
    client.force_login(cast.jo)
    client.post(reverse("reach-tests", args=[account(cast.jo).pk]))
    tasks.send()
    assert ("email_only", False, "Jo Okafor") in found()
    make_ready(cast.jo)
    assert not [one for one in found() if one[2] == "Jo Okafor"]
    assert "Yes: a tested way leads to you." in read(cast.jo, "/reach/")


def test_a_way_that_cannot_be_used_says_why(ready, carriers):
    ContactMethod.objects.filter(pk=sms_of(ready.jo).pk).update(verified_at=None)
    assert found() == [("email_only", False, "Jo Okafor")]
    assert "SMS is not verified." in read(ready.ada)
    sms = sms_of(ready.jo)
    ContactMethod.objects.filter(pk=sms.pk).update(channel="email")
    assert "Another e-mail is not verified." in read(ready.ada)  # and not that of the account
    ContactMethod.objects.filter(pk=sms.pk).update(channel="sms")
    ContactMethod.objects.filter(pk=sms_of(ready.jo).pk).update(verified_at=kit_clock.now())
    assert found() == []
    ContactMethod.objects.gone(sms_of(ready.jo).pk, at=kit_clock.now(), reason="unsubscribed")
    assert "SMS takes no messages any more." in read(ready.ada)


def test_a_rule_that_would_inform_nobody_is_said_until_somebody_can_be_told(ready, client):
    rule = PolicyRule.objects.create(policy=ready.policy, name="Many people", does="inform", fact="people", number=50)
    name = "“Payments”, rule “Many people”"
    assert found() == [("rule", False, name)]
    assert "Nobody is there whom it could inform." in read(ready.ada)
    rule.people.set([ready.rita])
    assert found() == []
    ContactMethod.objects.filter(person=ready.rita).update(verified_at=None)
    rules(ready.rita, "loud")
    assert [one for one in found() if one[0] == "rule"] == [("rule", False, name)]
    page = read(ready.ada)
    assert "No way of Rita Sol can be used." in page and "Rules that inform nobody" in page
    rule.people.clear()
    rule.tier = ready.tiers["duty"]
    rule.save()
    assert not [one for one in found() if one[0] == "rule"]  # its team
    make_schedule(team=ready.teams["Managers"], people=[]).tiers.add(ready.tiers["duty"])
    assert [one for one in found() if one[0] == "rule"]  # nobody is on call by its schedule
    PolicyRule.objects.update(is_on=False)
    assert not [one for one in found() if one[0] == "rule"]


def test_a_channel_that_is_not_set_up_is_named_with_those_who_count_upon_it(ready, carriers):
    carriers["sms"].away = "no gateway is set"
    kinds = found()
    assert ("channel", False, "sms") in kinds and ("email_only", False, "Jo Okafor") in kinds
    assert "SMS is not set up on this installation." in read(ready.ada)
    carriers["sms"].away = ""
    assert found() == []


def test_whoever_has_no_way_at_all_makes_their_step_red(ready):
    ContactMethod.objects.filter(person=ready.mei).update(gone_at=kit_clock.now(), verified_at=None)
    assert [one[0] for one in found()] == ["step_unreachable", "unreachable"]
    make = ContactMethod.objects.filter(person=ready.mei)
    make.update(gone_at=None, verified_at=kit_clock.now())
    assert found() == []


def test_who_is_told_long_after_the_call_is_named_until_a_rule_tells_them_at_once(ready):
    rules(ready.jo, "loud", (sms_of(ready.jo), 30))
    assert found() == [("late", False, "Jo Okafor")]
    assert "The first message about SEV1 and SEV2 leaves 30 minutes after the call." in read(ready.sam)
    assert "leaves 30 minutes after the call" in read(ready.jo, "/reach/")
    rules(ready.jo, "loud", (sms_of(ready.jo), 30), (account(ready.jo), 0))
    assert found() == [("unsent", False, "“Payments”, step 1, L1 Service desk")]
    rules(ready.jo, "loud", (sms_of(ready.jo), 5), (account(ready.jo), 0))
    assert found() == []


def test_quiet_hours_and_no_rule_for_the_worst_leaves_only_the_email(ready):
    NotificationRule.objects.filter(person=ready.jo, urgency="loud").delete()
    QuietHours.objects.create(person=ready.jo, begins="22:00", ends="07:00")
    assert found() == [("no_loud_rule", False, "Jo Okafor")]
    page = read(ready.ada)
    assert "no rule for them uses SMS." in page and "At quiet hours nothing else is left." in page
    rules(ready.jo, "loud", (sms_of(ready.jo), 0))
    assert found() == []


def test_a_message_that_did_not_leave_counts_until_one_does(ready, clock):
    one = sms_of(ready.jo)
    clock.jump(hours=1)
    ContactMethod.objects.went(one.pk, at=kit_clock.now(), reason="the number is not in use")
    assert found() == [("failing", False, "Jo Okafor")]
    clock.jump(hours=1)
    ContactMethod.objects.went(one.pk, at=kit_clock.now())
    assert found() == []


def test_what_nothing_has_proved_for_a_week_is_told(ready, clock):
    clock.jump(days=5)
    proved(User.objects.exclude(pk=ready.jo.pk))
    ContactMethod.objects.filter(person=ready.jo, channel="email").update(proved_at=kit_clock.now())
    assert found() == []
    clock.jump(days=2)
    assert found() == [("untested", False, "Jo Okafor")]  # the e-mail is proved
    assert "Not tested lately: SMS (7 days ago)." in read(ready.sam)
    assert "Ask Jo to test" in read(ready.sam)


def proved(people) -> None:
    ContactMethod.objects.filter(person__in=people).update(proved_at=kit_clock.now())


def test_whom_nothing_proved_to_reach_for_a_week_is_red_until_they_press_once(ready, clock, carriers, client):
    clock.jump(days=7)
    proved(User.objects.exclude(pk=ready.ada.pk))
    assert found() == [("untested", True, "Ada Lund")]
    page = read(ready.ada)
    assert "1 thing to mend, or a call may find nobody." in page and "The next call finds somebody" not in page
    assert f'action="{reverse("reach-tests-due")}"' in page and "Send me a test</button>" in page
    assert "Send me a test</button>" not in read(ready.otto)
    assert "<b>No.</b> Not tested lately" in read(ready.ada, "/reach/")
    client.force_login(ready.ada)
    client.post(reverse("reach-tests-due"))
    tasks.send()
    assert found() == []


def test_a_newcomer_mends_what_is_red_by_the_press_beside_it(cast, clock, carriers, client):
    """Their account was just made, so nothing is overdue; that nothing was ever tried is red all the same."""
    assert ("email_only", True, "Ada Lund") in found()
    client.force_login(cast.ada)
    client.post(reverse("reach-tests-due"))
    client.post(reverse("reach-tests-due"))  # one more press while it is on its way
    tasks.send()
    assert [to for to, _message in carriers["email"].carried] == [cast.ada.email]
    assert ("email_only", False, "Ada Lund") in found()


def test_whom_only_an_unverified_number_would_be_called_by_is_red(ready):
    rules(ready.jo, "loud", (sms_of(ready.jo), 0))
    ContactMethod.objects.filter(pk=sms_of(ready.jo).pk).update(verified_at=None)
    assert found() == [("email_only", True, "Jo Okafor")]
    rules(ready.jo, "loud", (sms_of(ready.jo), 0), (account(ready.jo), 0))
    assert found() == [("email_only", False, "Jo Okafor")]


def test_how_long_a_proof_lasts_is_a_setting(ready, clock, settings):
    settings.TEST_DAYS = 30
    clock.jump(days=29)
    assert found() == []
    clock.jump(days=1)
    assert {one[0] for one in found()} == {"untested"}


def test_a_number_verified_long_ago_is_tested_by_a_code_and_not_for_ever(ready, clock, carriers):
    """What is typed came by it."""
    ContactMethod.objects.filter(pk=sms_of(ready.jo).pk).update(proved_at=None, verified_at=None)
    reaching.send_code(ready.jo, sms_of(ready.jo).pk)
    tasks.send()
    assert sms_of(ready.jo).proved_at is None  # it left, no more
    assert not reaching.verify(ready.jo, sms_of(ready.jo).pk, carriers["sms"].carried[-1][1].code)
    assert found() == []
    clock.jump(days=900)
    assert ("untested", True, "Jo Okafor") in found()


def test_an_answer_from_a_message_proves_its_way_and_no_other(ready, clock, carriers, open_incident, client):
    clock.jump(days=8)
    carriers["sms"].is_own = lambda address: True  # so that it carries a link to answer by
    rules(ready.jo, "loud", (account(ready.jo), 0), (sms_of(ready.jo), 0))
    open_incident(people_affected=1900)
    work()
    text = next(message for to, message in carriers["sms"].carried if to == sms_of(ready.jo).address)
    assert {row.proved_at for row in ContactMethod.objects.filter(person=ready.jo)} == {kit_clock.now() - 8 * DAY}
    client.get(urlsplit(text.answer).path)
    assert sms_of(ready.jo).proved_at != kit_clock.now()  # a program may have looked ahead
    client.post(urlsplit(text.answer).path, {"verb": "acknowledge"})
    assert EscalationRun.objects.get(track="functional").holder == ready.jo
    assert sms_of(ready.jo).proved_at == kit_clock.now()
    assert account(ready.jo).proved_at == kit_clock.now() - 8 * DAY


def test_a_call_that_is_refused_for_good_is_told_until_a_message_leaves(ready, clock, carriers, open_incident):
    """At three in the morning, and nobody pressed a button."""
    rules(ready.jo, "loud", (account(ready.jo), 0), (sms_of(ready.jo), 0))
    carriers["sms"].refuses = {ready.jo.email: SendFailed("the SMS gateway refused (404)", permanent=True, up=True)}
    open_incident(people_affected=1900)
    work()
    assert ("failing", False, "Jo Okafor") in found()
    assert "The last message by SMS did not leave." in read(ready.sam)
    own = read(ready.jo, "/reach/")
    assert "The last message did not leave: the SMS gateway refused (404)" in own
    carriers["sms"].refuses = {}
    open_incident(title="Again", people_affected=1900)
    clock.forward(minutes=1)
    work()
    assert found() == []
    assert "did not leave" not in read(ready.jo, "/reach/")


@pytest.mark.parametrize("up", [False, None])
def test_a_service_that_is_away_is_no_fault_of_anybodys_way(up, ready, carriers, open_incident, monkeypatch):
    monkeypatch.setattr(deliver, "TRIES", 1)
    carriers["sms"].trouble = SendFailed("the SMS gateway gave no answer", up=up)
    rules(ready.jo, "loud", (account(ready.jo), 0), (sms_of(ready.jo), 0))
    open_incident(people_affected=1900)
    work()
    assert Delivery.objects.filter(channel="sms", state="failed", person=ready.jo).exists()
    assert not [one for one in found() if one[0] == "failing"]


def test_another_address_of_the_account_is_untested(ready, clock):
    """Mistyped by an admin, say: nothing was ever sent there."""
    ready.jo.email = "jo@exmaple.com"
    ready.jo.save()
    assert found() == [("untested", False, "Jo Okafor")]
    assert "Never tested: the account's e-mail." in read(ready.sam)
    NotificationRule.objects.filter(person=ready.jo, method__channel="sms").delete()
    assert ("no_loud_rule", True, "Jo Okafor") in found()


def test_whoever_saves_an_account_with_its_address_as_it_was_changes_nothing(ready):
    ready.jo.name = "Jo O."
    ready.jo.save()
    assert found() == []


def test_a_number_without_its_code_beside_a_tested_way_is_told(ready, carriers):
    method(ready.jo, "voice", "+4930123456", verified=False)
    assert found() == [("unusable", False, "Jo Okafor")]
    assert "Phone call is not verified." in read(ready.sam)
    assert "Ask Jo to test" not in read(ready.sam)  # a test by it cannot be sent


# --- a cue when it is time -----------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_when_it_is_time_one_press_tests_every_way(ready, clock, carriers, client):
    assert "Send yourself a test" not in read(ready.jo, "/")
    clock.jump(days=7)
    cue = read(ready.jo, "/")
    assert "Nothing has shown lately that you are reached by the account's e-mail and SMS." in cue
    assert 'data-count="cues">1<' in cue
    assert "Test 2 ways at once" in read(ready.jo, "/reach/")
    client.force_login(ready.jo)
    page = client.post(reverse("reach-tests-due"), follow=True).content.decode()
    assert "2 tests are on their way." in page and "ways at once" not in page
    tasks.send()
    assert [len(carriers[name].carried) for name in ("email", "sms")] == [1, 1]
    assert "Send yourself a test" not in read(ready.jo, "/")
    assert not [one for one in found() if one[2] == "Jo Okafor"]
    assert "There is nothing to test now." in client.post(reverse("reach-tests-due"), follow=True).content.decode()
    assert not Delivery.objects.filter(kind="test_asked").exists()


def test_whom_nobody_calls_and_auditors_get_no_such_cue(ready, clock):
    loner = person("Lee Moss")
    clock.jump(days=400)
    assert "Send yourself a test" not in read(loner, "/")
    assert "Send yourself a test" not in read(ready.otto, "/")
    assert "Send yourself a test" in read(ready.ada, "/")  # the last resort
    PolicyStep.objects.get(tier=ready.tiers["l1"]).people.add(loner)
    assert "Send yourself a test" in read(loner, "/")


def test_whoever_covers_by_an_override_alone_is_asked_for_a_test_too(desk, ready, clock):
    """The report counts them, so they must not find out there."""
    lee = person("Lee Moss")
    clock.jump(days=400)
    now = kit_clock.now()
    assert "Send yourself a test" not in read(lee, "/")
    cover = desk.override(by=ready.ada, person=lee, starts_at=now + DAY, ends_at=now + 2 * DAY)
    assert ("email_only", True, "Lee Moss") in found() and "Send yourself a test" in read(lee, "/")
    desk.cancel_override(cover, by=ready.ada)
    assert "Send yourself a test" not in read(lee, "/")


def test_a_step_without_anybody_is_red_until_its_team_has_somebody(ready):
    Membership.objects.filter(team=ready.teams["Platform"]).delete()
    assert found() == [("step_nobody", True, "“Payments”, step 3, L3 Platform")]
    Membership.objects.create(team=ready.teams["Platform"], user=ready.tom)
    assert found() == []


def test_a_last_resort_who_has_left_is_red_until_there_is_another(ready):
    User.objects.filter(pk=ready.ada.pk).update(is_active=False)
    assert found() == [("last_resort", True, "Ada Lund")]
    ready.installation.last_resort = ready.ines
    ready.installation.save()
    assert found() == []


def test_a_policy_that_has_no_step_is_red_until_it_has_one(ready):
    empty = Policy.objects.create(name="Shop")
    assert found() == [("policy_empty", True, "Shop")]
    assert "No step of its path has a “who works on it” tier." in read(ready.ada)
    for position, tier in ((1, "l1"), (2, "l2")):
        PolicyStep.objects.create(policy=empty, position=position, tier=ready.tiers[tier])
    assert found() == []


def test_a_policy_without_steps_is_told_to_the_supervisors_whose_services_go_by_it(ready):
    ready.policy.steps.filter(tier__track="functional").delete()
    assert found() == [("policy_empty", True, "Payments")]
    assert "“Payments”" in read(ready.kim)
    assert "“Payments”" not in read(ready.sam)
    Service.objects.update(archived_at=kit_clock.now())
    assert "“Payments”" not in read(ready.kim)


def test_a_policy_that_rests_on_one_person(ready):
    for step in PolicyStep.objects.exclude(tier=ready.tiers["duty"]):
        step.people.set([ready.jo])
    assert found() == [("same_person", False, "Payments")]
    PolicyStep.objects.get(tier=ready.tiers["l3"]).people.set([ready.tom])
    assert found() == [("repeated", False, "“Payments”, step 2, L2 Applications")]
    PolicyStep.objects.get(tier=ready.tiers["l2"]).people.set([ready.mei])
    assert found() == []


def test_what_maintenance_silences_makes_nothing_red(ready, clock, open_incident):
    """A call that is not sent is no failure, and whoever is not called could be."""
    now = kit_clock.now()
    open_incident()
    plan = {"reason": "New database", "day": now.date(), "at": now.time(), "minutes": 180}
    MaintenanceWindow.schedule(by=ready.ada, services=[], everything=True, **plan)
    climb.drain()
    assert set(Delivery.objects.exclude(channel="desk").values_list("state", flat=True)) == {"cancelled"}
    for _hour in range(4):
        assert found() == []
        assert "All is ready." in read(ready.ada)
        clock.forward(hours=1)
        tasks.send()
    assert Delivery.objects.filter(kind="maintenance_over", state="sent").exists()


# --- schedules ----------------------------------------------------------------------------------------


@pytest.fixture
def desk(ready):
    """Ana and Jo take turns, but never on Sundays between eight and eight."""
    hours = "Mon-Sat 00:00-24:00\nSun 00:00-08:00\nSun 20:00-24:00"
    made = make_schedule("L1", team=ready.teams["Service desk"], people=[ready.ana, ready.jo], hours=hours)
    made.tiers.add(ready.tiers["l1"])
    return made


def test_a_gap_is_said_as_people_say_it(desk, ready):
    assert found() == [("schedule_gaps", True, "L1")]
    page = read(ready.ada)
    assert "1 thing to mend, or a call may find nobody." in page and "A path begins or ends with them." in page
    assert "Nobody on Sundays 08:00–20:00, next 8 March." in page
    assert "Skipped then: “Payments”, step 1, L1 Service desk." in page
    desk.layers.update(hours="")
    assert found() == []


@pytest.mark.parametrize(("tier", "red"), [("l1", True), ("l2", False), ("l3", True)])
def test_coming_sundays_without_anybody_are_red_where_the_path_begins_or_ends(tier, red, desk, ready):
    """Between them others are called at once, before and after."""
    desk.tiers.set([ready.tiers[tier]])
    PolicyStep.objects.get(tier=ready.tiers["l1"]).people.set([] if tier == "l1" else [ready.kim])  # none of the desk
    assert found() == [("schedule_gaps", red, "L1")]
    PolicyStep.objects.filter(tier=ready.tiers[tier]).update(when_empty="hold")
    assert found() == [("schedule_gaps", False, "L1")]
    PolicyStep.objects.filter(tier=ready.tiers[tier]).update(when_empty="fallback", fallback=ready.sam)
    assert found() == [("schedule_gaps", False, "L1")]


def test_whoever_takes_over_when_the_desk_closes_makes_its_gap_nothing(desk, ready):
    """A desk that closes on purpose names the schedule of whoever is there then."""
    others = make_schedule("L2", team=ready.teams["Applications"], people=[ready.mei])
    step = PolicyStep.objects.get(tier=ready.tiers["l1"])
    step.schedules.set([desk, others])
    PolicyStep.objects.get(tier=ready.tiers["l2"]).people.add(ready.kim)
    assert found() == [("schedule_gaps", False, "L1")]


def test_a_gap_of_all_steps_is_red_and_says_when(desk, ready):
    PolicyStep.objects.filter(tier__in=[ready.tiers["l2"], ready.tiers["l3"]]).delete()
    assert found() == [("policy_gaps", True, "Payments")]  # once, and not of its only schedule too
    assert "1 thing to mend" in read(ready.ada)
    for viewer, filled in {"sam": True, "ada": True, "otto": False}.items():
        assert (f"{reverse('override', args=[desk.pk])}?from=" in read(getattr(ready, viewer))) == filled, viewer
    PolicyStep.objects.filter(tier=ready.tiers["l1"]).update(when_empty="fallback", fallback=ready.sam)
    assert [one[0] for one in found()] == ["schedule_gaps"]


def test_a_gap_under_way_is_red_unless_the_step_waits_for_the_next_shift(desk, ready):
    now = kit_clock.now()
    desk.override(by=ready.ada, person=None, starts_at=now, ends_at=now + 2 * HOUR)
    desk.layers.update(hours="")
    assert found() == [("step_nobody", True, "“Payments”, step 1, L1 Service desk")]
    page = read(ready.sam)
    assert "Nobody is there now, until 2 March 11:30. There is no fallback." in page and "Fill the first gap" in page
    PolicyStep.objects.filter(tier=ready.tiers["l1"]).update(when_empty="hold")
    assert found() == [("schedule_gaps", False, "L1")]


def test_only_those_who_have_a_shift_in_the_coming_time_are_looked_at(desk, ready):
    ContactMethod.objects.filter(person=ready.rita).update(proved_at=None)
    assert not [one for one in found() if one[2] == "Rita Sol"]
    desk.override(by=ready.ada, person=ready.rita, starts_at=kit_clock.now() + DAY, ends_at=kit_clock.now() + 2 * DAY)
    NotificationRule.objects.filter(person=ready.rita).delete()
    assert ("no_loud_rule", True, "Rita Sol") in found()


def test_an_absence_that_falls_on_a_shift(desk, ready):
    now = kit_clock.now()
    theirs = OutsideCalendar.objects.create(
        person=ready.ana, address="https://calendar.example/ana", made_at=now, by=ready.ana, next_at=now
    )
    OutsideDate.objects.create(calendar=theirs, starts_at=now + 2 * DAY, ends_at=now + 4 * DAY)
    assert ("away", False, "L1") in found()
    assert "Ana Ruiz is on call and away: " in read(ready.ada)
    theirs.dates.all().delete()
    assert [one[0] for one in found()] == ["schedule_gaps"]


@pytest.mark.rehearsal("long")
def test_holidays_that_are_not_read_are_told_to_who_keeps_them(desk, ready, clock):
    now = kit_clock.now()
    one = OutsideCalendar.objects.create(
        schedule=desk, address="https://days.example/secret.ics", made_at=now, by=ready.ada, next_at=now, read_at=now
    )
    OutsideCalendar.objects.update(failing_since=now, error="It answered with status 404.")
    clock.jump(hours=23)
    assert "Holidays of L1 are not read" not in read(ready.sam, "/")
    clock.jump(hours=1)
    cue = read(ready.sam, "/")
    assert "Holidays of L1 are not read" in cue and "days.example" in cue and "secret" not in cue
    assert "status 404" in cue and 'data-count="cues">' in cue
    for other in (ready.ana, ready.kim, ready.otto):
        assert "Holidays of L1" not in read(other, "/")
    assert ("calendar", False, "L1") in found()
    page = read(ready.sam)
    assert "The holidays at days.example cannot be read since 2 March 09:30." in page
    assert 'href="/calendars/outside/' in page or reverse("absences") in page
    assert "days.example" not in read(ready.kim)
    desk.layers.update(on_holidays="only")
    clock.jump(days=31)
    assert ("calendar", True, "L1") in found()
    client = Client()
    client.force_login(ready.sam)
    assert client.post(reverse("calendar-reading", args=[one.pk])).status_code == 302
    OutsideCalendar.objects.update(failing_since=None, error="")
    assert "calendar" not in {kind for kind, _red, _name in found()}
    assert "are not read" not in read(ready.sam, "/")


def test_absences_that_are_not_read_are_told_to_their_person(desk, ready, clock):
    now = kit_clock.now()
    OutsideCalendar.objects.create(
        person=ready.ana, address="https://mine.example/ana.ics", made_at=now, by=ready.ana, next_at=now,
        failing_since=now - DAY, error="It gave no answer.",
    )  # fmt: skip
    assert "Your calendar of absences is not read" in read(ready.ana, "/")
    assert "calendar of absences" not in read(ready.sam, "/")
    assert ("calendar", False, "Ana Ruiz") in found()
    page = read(ready.sam)
    assert "Their calendar of absences cannot be read since 1 March 09:30" in page and "mine.example" not in page


# --- who sees it -------------------------------------------------------------------------------------


def test_supervisors_see_their_teams_admins_and_auditors_all(cast, clock, carriers):
    every = {"Jo Okafor", "Ana Ruiz", "Mei Tanaka", "Tom Adeyemi", "Ines Moreau", "Ada Lund"}
    for viewer, seen in {"ada": every, "otto": every, "sam": {"Jo Okafor", "Ana Ruiz"}, "kim": {"Mei Tanaka"}}.items():
        page = read(getattr(cast, viewer))
        assert {name for name in every if f"<b>{name}</b>" in page} == seen, viewer


@pytest.mark.parametrize("viewer", ["ana", "rita"])
def test_whoever_answers_for_nobody_has_no_such_page(viewer, cast, clock, client):
    client.force_login(getattr(cast, viewer))
    assert client.get(PAGE).status_code == 404
    assert PAGE not in client.get("/").content.decode()


def test_strangers_sign_in_first_and_nothing_is_posted(cast, client):
    assert client.get(PAGE).status_code == 302
    client.force_login(cast.ada)
    assert client.post(PAGE).status_code == 405


def test_a_link_leads_where_its_reader_may_go(ready):
    Membership.objects.filter(team=ready.teams["Service desk"]).exclude(user=ready.sam).delete()
    Membership.objects.filter(user=ready.sam).update(role="supervisor")
    ready.sam.contact_methods.filter(channel="sms").update(verified_at=None)
    assert 'href="/reach/" aria-label="Mend Sam Reyes"' in read(ready.sam)
    PolicyStep.objects.get(tier=ready.tiers["l1"]).teams.set([])
    Membership.objects.filter(team=ready.teams["Platform"]).delete()
    change = reverse("admin:policies_policy_change", args=[ready.policy.pk])
    assert change in read(ready.ada) and change not in read(ready.otto) and change not in read(ready.kim)


def test_nobody_reads_an_address(ready):
    ContactMethod.objects.filter(person=ready.jo, channel="sms").update(verified_at=None)
    page = read(ready.sam)
    assert "Jo Okafor" in page
    assert sms_of(ready.jo).address not in page and ready.jo.email not in page


# --- asking somebody to test ----------------------------------------------------------------------------


def ask(user, person, *, follow: bool = True):
    client = Client()
    client.force_login(user)
    return client.post(reverse("test-request", args=[person.pk]), follow=follow)


@pytest.mark.rehearsal("long")
def test_sam_asks_jo_to_test_and_jo_does(cast, clock, carriers, client):
    assert "Ask Jo to test" in read(cast.sam)
    page = " ".join(ask(cast.sam, cast.jo).content.decode().split())
    assert "Jo Okafor is asked" in page and "Asked by Sam Reyes, 09:30" in page
    assert "Ask Jo to test" not in page and "Ask Ana to test" in page
    cues = read(cast.jo, "/")
    assert "Send yourself a test" in cues and "Sam Reyes asks you to" in cues and 'data-count="cues">1<' in cues
    assert 'data-count="cues">1<' in read(cast.jo, "/queue/")
    assert "Send yourself a test" not in read(cast.ana, "/")
    entry = Entry.objects.filter(trail__kind="installation").latest("seq")
    assert (entry.kind, entry.actor_name, json.loads(entry.data)["name"]) == ("test_asked", "Sam Reyes", "Jo Okafor")
    client.force_login(cast.jo)
    client.post(reverse("reach-tests", args=[account(cast.jo).pk]))
    assert "Send yourself a test" not in read(cast.jo, "/")
    tasks.send()
    assert ("email_only", False, "Jo Okafor") in found()
    assert "Ask Jo" not in read(cast.sam)


def test_the_message_that_asks_is_no_test_itself(cast, clock, carriers):
    ask(cast.sam, cast.jo)
    tasks.send()
    (message,) = [one for to, one in carriers["email"].carried if to == cast.jo.email]
    assert message.subject == "Sam Reyes asks you to send yourself a test"
    assert "“Send me a test”" in message.full and message.link.endswith("/reach/") and "INC-" not in message.full
    assert ("email_only", True, "Jo Okafor") in found()
    auditing.audit()  # the record of it holds nothing against a message without a climb


def test_once_a_day_whoever_asks(cast, clock, carriers):
    ask(cast.sam, cast.jo)
    clock.jump(hours=5)
    assert "Sam Reyes has asked Jo Okafor already." in ask(cast.ada, cast.jo).content.decode()
    assert RequestToTest.objects.count() == 1
    clock.jump(hours=19, minutes=1)
    ask(cast.ada, cast.jo)
    assert RequestToTest.objects.count() == 2
    assert "Ada Lund asks you to" in read(cast.jo, "/")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_does(cast, clock, carriers):
    refusals = []

    def press(by):
        try:
            asking.ask(cast.jo, by=by)
        except Refused as refusal:
            refusals.append(refusal.code)

    together(lambda: press(cast.sam), lambda: press(cast.ada))
    assert refusals == ["stale"] and RequestToTest.objects.count() == 1


def test_who_has_tested_every_way_is_not_asked(ready):
    assert "has seen to every way meanwhile" in ask(ready.sam, ready.jo).content.decode()
    assert "Ask Jo" not in read(ready.ada)
    ContactMethod.objects.filter(person=ready.jo, channel="sms").update(
        proved_at=kit_clock.now() - 8 * DAY, verified_at=kit_clock.now() - 8 * DAY
    )
    assert "Ask Jo to test" in read(ready.ada)
    ask(ready.ada, ready.jo)
    assert RequestToTest.objects.count() == 1


def test_who_cannot_be_reached_at_all_is_asked_to_mend_it(ready, carriers):
    """No test could be sent, and nobody else can mend it: red without anything to do would be a dead end."""
    ContactMethod.objects.filter(person=ready.jo).update(gone_at=kit_clock.now(), verified_at=None)
    assert ("unreachable", True, "Jo Okafor") in found()
    assert "Ask Jo to mend it" in read(ready.sam) and "Ask Jo to test" not in read(ready.sam)
    ask(ready.sam, ready.jo)
    cue = read(ready.jo, "/")
    assert (
        "See how Baton reaches you" in cue
        and "Sam Reyes asks you to: as it is set now, a call may not reach you." in cue
    )
    message = Delivery.objects.filter(kind="test_asked").latest("id").message
    assert message["mend"] is True
    ContactMethod.objects.filter(person=ready.jo).update(gone_at=None)
    reaching.send_code(ready.jo, sms_of(ready.jo).pk)
    tasks.send()
    assert not reaching.verify(ready.jo, sms_of(ready.jo).pk, carriers["sms"].carried[-1][1].code)
    assert "See how Baton reaches you" not in read(ready.jo, "/")
    assert ("unreachable", True, "Jo Okafor") not in found()


@pytest.mark.parametrize("viewer", ["ana", "jo", "kim", "otto", "rita"])
def test_who_does_not_answer_for_somebody_cannot_ask(viewer, cast, clock, carriers):
    assert ask(getattr(cast, viewer), cast.jo).status_code == 404
    assert not RequestToTest.objects.exists()
    if viewer == "otto":
        assert "to test</button>" not in read(cast.otto)


def test_nobody_asks_themselves_or_who_has_gone(cast, clock, carriers):
    assert "Ask Ada to test" not in read(cast.ada) and ask(cast.ada, cast.ada).status_code == 404
    User.objects.filter(pk=cast.jo.pk).update(is_active=False)
    assert ask(cast.sam, cast.jo).status_code == 404
    client = Client()
    client.force_login(cast.sam)
    assert client.get(reverse("test-request", args=[cast.ana.pk])).status_code == 405


# --- links ------------------------------------------------------------------------------------------------


def test_a_gap_leads_to_its_schedule_and_to_the_form_that_covers_it(desk, ready):
    fill = f"{reverse('override', args=[desk.pk])}?from=2026-03-08T08%3A00%3A00%2B00%3A00&amp;until=2026-03-08T20%3A00"
    for viewer in (ready.sam, ready.ada):
        page = read(viewer)
        assert f'<a class="title" href="{reverse("schedule", args=[desk.pk])}">L1</a>' in page
        assert fill in page
    page = read(ready.otto)
    assert reverse("schedule", args=[desk.pk]) in page and "Fill the first gap" not in page
    address = read(ready.sam).split(reverse("override", args=[desk.pk]))[1].split('"')[0].replace("&amp;", "&")
    form = read(ready.sam, reverse("override", args=[desk.pk]) + address)
    assert 'value="2026-03-08T08:00"' in form and 'value="2026-03-08T20:00"' in form


def test_what_is_red_because_of_a_schedule_names_it(desk, ready):
    now = kit_clock.now()
    desk.override(by=ready.ada, person=None, starts_at=now, ends_at=now + 2 * HOUR)
    link = f'<a class="link" href="{reverse("schedule", args=[desk.pk])}">L1</a>'
    red = read(ready.ada).split("Amber")[0]
    assert "step 1, L1 Service desk" in red and link in red
    PolicyStep.objects.filter(tier__in=[ready.tiers["l2"], ready.tiers["l3"]]).delete()
    assert "A whole policy will call nobody" in read(ready.sam) and link in read(ready.sam)


# --- in numbers -------------------------------------------------------------------------------------------


def test_what_is_red_is_counted_for_whoever_watches_from_outside(cast, clock, carriers, client, settings, monkeypatch):
    settings.WATCH_TOKEN = "for-tests"
    token = {"headers": {"Authorization": "Bearer for-tests"}}
    red = sum(one[1] for one in found())
    assert red == 6
    assert client.get("/healthz?deep=1", **token).json()["readiness"] == {"red": red}
    assert f"baton_readiness_red {float(red)}" in client.get("/metrics", **token).content.decode()
    monkeypatch.setattr(badge, "counted", lambda: 1 / 0)
    assert client.get("/healthz?deep=1", **token).json()["readiness"] == {"red": None}
    assert "baton_readiness_red" not in client.get("/metrics", **token).content.decode()


# --- what it costs -------------------------------------------------------------------------------------


def test_the_menu_says_how_much_is_red_without_asking(cast, clock, carriers):
    assert "unready" not in read(cast.sam, "/queue/")
    badge.refresh()
    assert '<span class="unready">2 red</span>' in read(cast.sam, "/queue/")  # Ana and Jo
    assert "unready" not in read(cast.ana, "/queue/")
    make_ready(cast.ana)
    read(cast.ada)  # whoever looks at the page refreshes what this process knows
    assert '<span class="unready">1 red</span>' in read(cast.sam, "/queue/")


def test_each_process_looks_by_itself(cast, clock, carriers, monkeypatch):
    monkeypatch.setattr("escalation.engine.notices.connection.close", lambda: None)

    class Enough(Exception):
        pass

    def stop(_seconds):
        raise Enough

    monkeypatch.setattr(notices.time, "sleep", stop)
    with pytest.raises(Enough):
        notices._go_on(lambda with_list: None)
    assert badge.red() == len([one for one in found() if one[1]]) > 0


def cost(user) -> int:
    """Of the page opened again, as the menu's numbers have been counted since something happened."""
    client = Client()
    client.force_login(user)
    cache.clear()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(PAGE).status_code == 200
    return len(queries)


@pytest.mark.rehearsal("rows")
@pytest.mark.sqlite_enough
def test_it_costs_the_same_for_ten_rows_and_for_a_thousand(desk, ready):
    desk.layers.update(on_holidays="not")
    few = {viewer: cost(getattr(ready, viewer)) for viewer in ("ada", "sam")}
    assert max(few.values()) <= 15, few
    at = kit_clock.now()
    agents = [User(name=f"Agent{n} Number", email=f"agent{n}@example.com", joined_at=at) for n in range(990)]
    Membership.objects.bulk_create(
        Membership(team=ready.teams["Service desk"], user=one, role="agent") for one in User.objects.bulk_create(agents)
    )
    for n in range(10):
        make_schedule(
            f"Rota {n}", team=ready.teams["Platform"], people=[ready.tom, ready.mei], starts_on=date(2026, 3, 1)
        )
    rotas, tier = list(Schedule.objects.all()), ready.tiers["l3"]
    steps = PolicyStep.objects.bulk_create(
        PolicyStep(policy=ready.policy, position=9 + n, tier=tier) for n in range(990)
    )
    calls, named = PolicyStep.schedules.through, PolicyStep.people.through
    calls.objects.bulk_create(calls(policystep=one, schedule=rotas[one.pk % 10]) for one in steps)
    named.objects.bulk_create(named(policystep=one, user=ready.tom) for one in steps)
    steps[0].teams.add(ready.teams["Service desk"])
    facts = gathering.gather(at)
    assert len(facts.people) > 990 and len(facts.rotas) == 11 and len(facts.steps) > 990
    assert {viewer: cost(getattr(ready, viewer)) for viewer in few} == few


def test_every_kind_has_its_words(ready):
    from escalation.policies.readiness import saying

    for kind in Kind:
        assert saying._title(kind)
        assert all(saying._advice(kind, red).endswith(".") for red in (True, False))
