"""``If-Match``: whoever says what they saw changes that, and nothing else.

One way for every noun: whatever changes one hands ``repeats.once`` a function that gives its state as it is, and that
takes the lock of its verb before it looks, so that nobody comes between the look and the verb. It is called if a
program says what it saw, and only then. What is not as it was is refused with 412, and with the state that is there.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from escalation.trail.models import Trail

from . import answers
from .answers import Made
from .problems import Problem

AsItIs = Callable[[], Made]


def judge(request: HttpRequest, as_it_is: AsItIs) -> None:
    """Raises ``Problem``: it is not as the program saw it."""
    tags = answers.had(request)
    if tags is None:
        return
    now = as_it_is()
    if not answers.is_of(now, tags):
        said = now.meanwhile or _("Somebody has changed it since you read it. Nothing was changed by you.")
        raise Problem(412, said, code="stale", state=now.body, headers={"ETag": answers.etag(now)})


def hold_still() -> None:
    """The lock under which schedules, windows and runbooks change: that of the installation's trail."""
    Trail.objects.lock([Trail.objects.installation().pk])
