"""The cue “Send yourself a test”: somebody asks for it, or nothing has proved a way for so long that it is time.

In time it is a cue and no message: whoever is called now and then, and answers from what comes, never sees it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from escalation.notify import judging
from escalation.notify.models import ContactMethod
from escalation.people.models import User

from .asking import RequestToTest
from .models import Installation, PolicyStep


@dataclass(frozen=True)
class Due:
    """It is time, and nobody had to ask. ``ways``: by which, in words."""

    ways: str


def cue_of(person: User, now: datetime) -> RequestToTest | Due | None:
    """What waits for the person: the newest request, or else that it is time. One query if nothing does."""
    asked = RequestToTest.objects.unanswered().filter(person=OuterRef("pk"))
    old = ContactMethod.objects.unproved(judging.due_since(now)).filter(person=OuterRef("pk"))
    found = User.objects.filter(pk=person.pk).values_list(Exists(asked), Exists(old)).first()
    is_asked, is_old = found or (False, False)
    if is_asked:
        return RequestToTest.objects.unanswered().filter(person=person).select_related("by").first()
    ways = judging.due(person, now) if is_old and not person.is_auditor else []
    return Due(judging.listed(ways)) if ways and _may_be_called(person) else None


def _may_be_called(person: User) -> bool:
    """In a team, on a schedule, named by a step, or the last resort."""
    named = Q(memberships__isnull=False) | Q(seats__isnull=False)
    steps = PolicyStep.objects.filter(Q(people=OuterRef("pk")) | Q(fallback=OuterRef("pk")))
    last = Installation.objects.filter(last_resort=OuterRef("pk"))
    return User.objects.filter(named | Q(Exists(steps)) | Q(Exists(last)), pk=person.pk).exists()
