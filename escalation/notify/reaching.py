"""What people do with their ways to be reached: add, verify, test and remove them; set rules and quiet hours.

Each is one transaction, on the record of the installation like every change of configuration: with masked addresses,
because the record is for good. The trail's head is locked first, as everywhere, so nothing can wait in a circle.
"""

import secrets
from datetime import datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.writing import Actor, record_configuration, take_turn

from . import codes, judging, outbox, saying, senders
from .models import ContactMethod, NotificationRule, QuietHours
from .plan import URGENCIES

MOST_METHODS = 20  # of one person
MOST_RULES = 12  # of one urgency
VERIFY, TEST = "verify", "test"
REPLY = "reply"  # to a text message of theirs


def _enter(person: User, kind: str, what: str, name: str, **data: Any) -> None:
    about = {"what": what, "name": name, "person": {"id": person.pk, "name": person.name}}
    record_configuration(Actor.person(person), kind, about | data, now=clock.now())


def _mine(person: User, pk: int) -> ContactMethod:
    """The person's own way, locked; a call that refers to it is not kept waiting."""
    rows = ContactMethod.objects.kept().filter(person=person).select_for_update(no_key=True)
    method = rows.filter(pk=pk).first()
    if method is None:
        raise Refused(_("This way was removed meanwhile."), code="stale")
    return method


# --- ways -----------------------------------------------------------------------------------


@transaction.atomic
def add(person: User, *, channel: str, address: str, label: str = "") -> ContactMethod:
    """A new way, with a code on its way to it."""
    take_turn()
    try:
        clean = senders.by_name()[channel].clean(address)
    except ValidationError as error:
        raise ValidationError({"address": error.messages}) from error
    if not clean or (channel == "email" and clean.casefold() == person.email):
        raise ValidationError({"address": _("This is your account's own address: it is there already.")})
    if ContactMethod.objects.kept().filter(person=person).count() >= MOST_METHODS:
        raise ValidationError(_("You have %(most)d ways already. Remove one first.") % {"most": MOST_METHODS})
    method = ContactMethod(person=person, channel=channel, address=clean, label=label, added_at=clock.now())
    try:
        method.validate_constraints()
    except ValidationError as error:
        raise ValidationError({"address": error.messages}) from error
    method.save()
    _enter(person, "config_added", "contact method", str(method), id=method.pk)
    _send_code(method, clock.now())
    return method


@transaction.atomic
def remove(person: User, pk: int) -> ContactMethod:
    """With the rules that use it. What is queued by it fails when its turn comes, and says why."""
    take_turn()
    method = _mine(person, pk)
    if method.is_account:
        raise Refused(_("Your account's own e-mail stays: it is used when nothing else can be."))
    before = saying.chains(person)
    NotificationRule.objects.filter(method=method).delete()
    method.removed_at, method.code_proof = clock.now(), ""
    method.save(update_fields=["removed_at", "code_proof"])
    _enter(
        person,
        "config_archived",
        "contact method",
        str(method),
        id=method.pk,
        before=before,
        after=saying.chains(person),
    )
    return method


# --- one's own clock ------------------------------------------------------------------------


@transaction.atomic
def prefer(person: User, **told: Any) -> User:
    """What somebody sets for themselves; ``ValidationError`` by field. How pages look is nobody's matter; by their zone
    go their quiet hours, so that is on record."""
    take_turn()
    user = User.objects.get(pk=person.pk)
    zone = user.time_zone
    for name, value in told.items():
        setattr(user, name, value)
    user.clean_fields(exclude={field.name for field in User._meta.fields} - told.keys())
    user.save(update_fields=list(told))
    if user.time_zone != zone:
        sides = {"before": {"time_zone": zone}, "after": {"time_zone": user.time_zone}}
        _enter(user, "config_changed", "user", user.name, id=user.pk, **sides)
    return user


# --- codes and tests --------------------------------------------------------------------------


@transaction.atomic
def send_code(person: User, pk: int) -> ContactMethod:
    take_turn()
    method = _mine(person, pk)
    if method.verified_at is not None:
        raise Refused(_("It is verified already."))
    if method.gone_at is not None:
        raise Refused(_("It takes no messages any more. Remove it, and add it anew."))
    _send_code(method, clock.now())
    return method


def _send_code(method: ContactMethod, now: datetime) -> None:
    if method.code_at is not None and now - method.code_at < codes.AGAIN_AFTER:
        raise Refused(_("A code was sent a moment ago. Give it a minute to arrive."))
    _refuse_too_many(method.person, now)
    fresh = method.code_at is None or now - method.code_at >= codes.HOUR
    method.codes_sent = 1 if fresh else method.codes_sent + 1
    method.code_proof, method.code_at, method.code_tries = codes.new_proof(), now, 0
    method.asked_at = now
    method.save(update_fields=["codes_sent", "code_proof", "code_at", "code_tries", "asked_at"])
    message = {"kind": VERIFY, "link": "/reach/", "proof": method.code_proof}
    outbox.post(method, kind=VERIFY, cause=_cause(method, VERIFY), message=message, now=now)


def _refuse_too_many(person: User, now: datetime) -> None:
    """Removed ways count too: to add one again is no way around it."""
    sent = ContactMethod.objects.filter(person=person, code_at__gt=now - codes.HOUR)
    if (sent.aggregate(sum=Sum("codes_sent"))["sum"] or 0) >= codes.MOST_AN_HOUR:
        raise Refused(_("Too many codes were sent in the last hour. Try again later."))


@transaction.atomic
def verify(person: User, pk: int, typed: str) -> str:
    """Empty if ``typed`` was the code; else what is wrong with it, and the try is counted."""
    take_turn()
    method, now = _mine(person, pk), clock.now()
    if method.verified_at is not None:
        return ""
    if method.code_at is None or method.code_state != "waiting" or now - method.code_at > codes.VALID:
        return _("This code is not valid any more. Ask for a new one.")
    if not codes.fits(typed, method.code_proof):
        method.code_tries += 1
        method.save(update_fields=["code_tries"])
        left = codes.TRIES - method.code_tries
        return (
            _("This is not the code.") if left else _("This is not the code, and was the last try. Ask for a new one.")
        )
    method.verified_at, method.proved_at, method.code_proof = now, now, ""
    method.save(update_fields=["verified_at", "proved_at", "code_proof"])
    _enter(
        person,
        "config_changed",
        "contact method",
        str(method),
        id=method.pk,
        before={"verified": False},
        after={"verified": True},
    )
    return ""


@transaction.atomic
def confirm(person: User, *, channel: str, typed: str) -> bool:
    """``verify`` for a browser, which was told its code but not which of the person's ways it is."""
    take_turn()
    waiting = ContactMethod.objects.kept().filter(person=person, channel=channel, verified_at=None).order_by("pk")
    tried = [method for method in waiting if method.code_state == "waiting"]
    fitting = [method for method in tried if codes.fits(typed, method.code_proof)]
    return any(not verify(person, method.pk, typed) for method in fitting or tried)


@transaction.atomic
def send_test(person: User, pk: int) -> ContactMethod:
    """Send the person a message by this way. How it went stands on the way itself."""
    take_turn()
    method, now = _mine(person, pk), clock.now()
    if method.verified_at is None:
        raise Refused(_("Verify it first."))
    if method.asked_at is not None and now - method.asked_at < codes.AGAIN_AFTER:
        raise Refused(_("A message was sent by it a moment ago. Give it a minute to arrive."))
    _send_test(method, now)
    return method


def _send_test(method: ContactMethod, now: datetime) -> None:
    method.asked_at = now
    method.save(update_fields=["asked_at"])
    outbox.post(method, kind=TEST, cause=_cause(method, TEST), message={"kind": TEST, "link": "/reach/"}, now=now)


@transaction.atomic
def send_due_tests(person: User) -> int:
    """A test by each way that a test shows something of; returns how many."""
    take_turn()
    now = clock.now()
    wanted = judging.worth_testing_of(judging.settled([person])[person.pk], now)
    for way in wanted:
        _send_test(_mine(person, way.id), now)
    return len(wanted)


def _cause(method: ContactMethod, kind: str) -> str:
    """Random, because a key must not come again after the database was put back from an older copy."""
    return f"reach:{method.pk}:{kind}:{secrets.token_hex(8)}"


# --- rules and quiet hours ----------------------------------------------------------------------


@transaction.atomic
def add_rule(person: User, *, urgency: str, method: ContactMethod, delay_minutes: int) -> NotificationRule:
    take_turn()
    assert urgency in URGENCIES
    mine = NotificationRule.objects.filter(person=person, urgency=urgency)
    if mine.count() >= MOST_RULES:
        raise ValidationError(_("These are enough rules. Remove one first."))
    before = saying.chains(person)
    last = mine.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    rule = NotificationRule(
        person=person, urgency=urgency, method=_mine(person, method.pk), delay_minutes=delay_minutes, position=position
    )
    rule.validate_constraints()
    rule.save()
    _enter(person, "config_changed", "notification rules", person.name, before=before, after=saying.chains(person))
    return rule


@transaction.atomic
def remove_rule(person: User, pk: int) -> None:
    """Twice is not an error."""
    take_turn()
    before = saying.chains(person)
    gone, _kinds = NotificationRule.objects.filter(person=person, pk=pk).delete()
    if gone:
        _enter(person, "config_changed", "notification rules", person.name, before=before, after=saying.chains(person))


@transaction.atomic
def set_quiet_hours(person: User, begins: time | None, ends: time | None) -> None:
    """``None``: none."""
    take_turn()
    kept = QuietHours.objects.filter(person=person).first()
    before = str(kept or "")
    if begins is None or ends is None:
        QuietHours.objects.filter(person=person).delete()
        after = ""
    else:
        row = QuietHours(person=person, begins=begins, ends=ends)
        row.clean()
        QuietHours.objects.update_or_create(person=person, defaults={"begins": row.begins, "ends": row.ends})
        after = str(row)
    if before != after:
        _enter(
            person,
            "config_changed",
            "quiet hours",
            person.name,
            before={"quiet hours": before},
            after={"quiet hours": after},
        )
