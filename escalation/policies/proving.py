"""The cue “Send yourself a test”: somebody asks for it, or nothing has proved a way for so long that it is time.

In time it is a cue and no message: whoever is called now and then, and answers from what comes, never sees it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from escalation.notify import judging
from escalation.notify.models import ContactMethod
from escalation.oncall.models import Override
from escalation.people.models import User

from . import asking
from .asking import RequestToTest
from .models import Installation, PolicyStep


@dataclass(frozen=True)
class Due:
    """It is time, and nobody had to ask. ``ways``: by which, in words."""

    ways: str


@dataclass(frozen=True)
class Asked:
    """Somebody asks for it. ``mends``: a test alone would show nothing."""

    by: User
    mends: bool = False


def cue_of(person: User, now: datetime) -> Asked | Due | None:
    """What waits for the person: the newest request, or else that it is time. One query if nothing does."""
    asked = RequestToTest.objects.unanswered().filter(person=OuterRef("pk"))
    old = ContactMethod.objects.unproved(judging.due_since(now)).filter(person=OuterRef("pk"))
    found = User.objects.filter(pk=person.pk).values_list(Exists(asked), Exists(old)).first()
    is_asked, is_old = found or (False, False)
    if is_asked:
        return _request(person, now)
    ways = judging.due(person, now) if is_old and not person.is_auditor else []
    return Due(judging.listed(ways)) if ways and _may_be_called(person, now) else None


def _request(person: User, now: datetime) -> Asked | None:
    request = RequestToTest.objects.unanswered().filter(person=person).select_related("by").first()
    flaws = asking.flaws_of(person, now)
    return Asked(request.by, mends=bool(flaws) and not asking.wants_test(flaws)) if request else None


def _may_be_called(person: User, now: datetime) -> bool:
    """In a team, on a schedule or covering there, named by a step, or the last resort."""
    covers = Exists(Override.objects.that_count(now).filter(person=OuterRef("pk")))
    named = Q(memberships__isnull=False) | Q(seats__isnull=False) | Q(covers)
    steps = PolicyStep.objects.filter(Q(people=OuterRef("pk")) | Q(fallback=OuterRef("pk")))
    last = Installation.objects.filter(last_resort=OuterRef("pk"))
    return User.objects.filter(named | Q(Exists(steps)) | Q(Exists(last)), pk=person.pk).exists()
