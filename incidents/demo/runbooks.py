"""The sample organisation's runbooks. One waits for its review, so that a visitor sees what that looks like."""

from collections.abc import Mapping
from datetime import timedelta

from escalation.kit import clock
from escalation.people.models import Team, User
from incidents.models import Runbook, RunbookStep, Service

SIGN_IN, SHIPPING = "Sign-in fails", "Orders are paid and not shipped"

_SIGN_IN = """\
Nearly always it is one of two directory servers, or the text messages. **Do not** reset anybody's password.

- [ ] Sign in yourself, in a private window: do you see what they see?
- [ ] Look at the [directory's own page](https://status.example.com/directory): are both servers green?
- [ ] Let two people ask for their code by e-mail instead of by text message
- [ ] Take the server with the older start time out of the pool: `pool drain ldap-2`

If it still fails after these, escalate to *L3 Platform*, and say which server is in the pool.
"""

_SHIPPING = """\
The shipping worker takes paid orders from a queue. It stands still when one order cannot be read.

1. [ ] Look at how many wait: `queue depth orders-eu`. More than 200 is too many.
2. [ ] Restart the worker: `worker restart shipping --region eu`
3. [ ] Move what it chokes on to the dead letters, and write its number down here

   Only the first one. What comes after it is fine in nine of ten cases.
4. [ ] Watch the queue for five minutes: it has to get shorter

| queue | who knows it |
|---|---|
| orders-eu | Applications |
| orders-uk | Applications, until the move |
"""


def build(people: Mapping[str, User], teams: Mapping[str, Team]) -> None:
    now = clock.now()
    sign_in = Runbook(title=SIGN_IN, body=_SIGN_IN, team=teams["Service desk"])
    sign_in.keep(by=people["sam"], now=now)
    sign_in.services.add(Service.objects.get(name="Identity"))
    shipping = Runbook(title=SHIPPING, body=_SHIPPING, team=teams["Applications"], owner=people["idris"])
    shipping.keep(by=people["idris"], now=now - timedelta(days=190))
    shipping.services.add(Service.objects.get(name="Orders"))


def step(title: str, number: int) -> int:
    return RunbookStep.objects.get(runbook__title=title, number=number).pk
