"""“Ask Jo to test”: who answers for somebody asks them to press “Send me a test”. Once a day at most, and on record.

Nobody can test for somebody else: what is proved is that they are reached, and only they know. So it is a
message and a cue, which stands until the person has sent themselves a test, or a code. Where no test would help,
because no way of theirs can be used, or none that their rules name, they are asked to mend that: nobody else can.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit.errors import Refused
from escalation.notify import judging
from escalation.notify.fitness import Flaw
from escalation.notify.models import ContactMethod
from escalation.oncall import telling, verbs
from escalation.people.models import Membership, User
from escalation.trail.writing import Actor, record_configuration

AGAIN_AFTER = timedelta(days=1)
ASKED = "test_asked"  # the kind of the message, and of the entry


class RequestQuerySet(models.QuerySet["RequestToTest"]):
    def lately(self, now: datetime):
        return self.filter(at__gt=now - AGAIN_AFTER, at__lte=now)

    def unanswered(self):
        """The person has sent themselves nothing since."""
        since = ContactMethod.objects.kept().filter(person=OuterRef("person"), asked_at__gte=OuterRef("at"))
        return self.filter(~Exists(since))


class RequestToTest(models.Model):
    """Somebody was asked to send themselves a test."""

    person = models.ForeignKey(User, models.PROTECT, related_name="tests_wanted", verbose_name=_("person"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("asked"))

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to test")
        verbose_name_plural = _("requests to test")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["person", "at"], name="request_to_test_by_person")]

    def __str__(self):
        return f"{self.person}, {self.at:%Y-%m-%d %H:%M} UTC"


def ask(person: User, *, by: User) -> RequestToTest:
    with verbs.turn() as now:
        flaws = _reasons(person, by, now)
        last = RequestToTest.objects.lately(now).filter(person=person).select_related("by").first()
        if last is not None:
            said = _t("%(by)s has asked %(name)s already. Once a day is enough.")
            raise Refused(said % {"by": last.by.name, "name": person.name}, code="stale")
        made = RequestToTest.objects.create(person=person, by=by, at=now)
        data = {"what": "test by", "id": person.pk, "name": person.name}
        record_configuration(Actor.person(by), ASKED, data, now=now)
        facts: dict[str, Any] = {"kind": ASKED, "from": by.name, "link": reverse("reach")}
        facts |= {} if wants_test(flaws) else {"mend": True}
        # Random, because a key must not come again after the database was put back from an older copy.
        cause = f"readiness:{made.pk}:{secrets.token_hex(8)}"
        telling.tell(telling.Telling(cause, [telling.Word(person, ASKED, facts)]), now)
        return made


def flaws_of(person: User, now: datetime) -> list[Flaw]:
    """What the person has to see to. One query."""
    return [flaw for flaw in judging.judge(judging.settled([person])[person.pk], now) if flaw.needs_them]


def wants_test(flaws: Iterable[Flaw]) -> bool:
    """Whether to send themselves a test would help."""
    return any(flaw.wants_test for flaw in flaws)


def _reasons(person: User, by: User, now: datetime) -> list[Flaw]:
    if not may_ask(by, person):
        raise Refused(_t("Only who answers for %(name)s can ask.") % {"name": person.name}, code="not-allowed")
    verbs.needs_active(person)
    flaws = flaws_of(person, now)
    if not flaws:
        raise Refused(_t("%(name)s has seen to every way meanwhile.") % {"name": person.name}, code="stale")
    return flaws


def may_ask(by: User, person: User) -> bool:
    """Admins, and supervisors of a team of theirs. Whoever it is about needs no message for it."""
    if not by.is_active or by.is_auditor or by.pk == person.pk:
        return False
    teams = Membership.objects.filter(user=person).values("team")
    return by.is_staff or Membership.objects.filter(user=by, role=Membership.Role.SUPERVISOR, team__in=teams).exists()


def requests_of(person: models.OuterRef, now: datetime) -> RequestQuerySet:
    """What somebody was asked within a day, the latest first: for the query that finds the person."""
    return RequestToTest.objects.lately(now).filter(person=person).order_by("-at", "-id")
