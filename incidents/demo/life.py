"""Life in the sample organisation: alerts come and go, colleagues work. One thing at a time.

Alerts are posted to the real door over HTTP; colleagues act through the same verbs as everybody.
Everything is read afresh from the database each turn, so life may be stopped and started at any
moment. The accounts a visitor may step into never act by themselves, and what they hold is left alone.
"""

import http.client
import json
import logging
import random
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.db.models.functions import Random

from escalation.engine.models import Delivery, EscalationRun
from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents import howto
from incidents.models import AlertKey, Cause, Incident
from incidents.models.attempts import Outcome
from incidents.models.passing import Reason

from . import flags
from .alerts import BY_SUMMARY, SCENARIOS, Scenario
from .people import VISITORS

log = logging.getLogger(__name__)

MOST_OPEN = 12
SETTLED = timedelta(minutes=3)  # nobody resolves, and nothing recovers, sooner
WATCHED = timedelta(minutes=15)  # the worst stay longer: they are what there is to see
ANSWERED = 0.7  # how often a call is answered at all; the rest climbs, which is what there is to watch
Post = Callable[[dict], None]


def post(body: dict) -> None:
    """Knock at the real door, on this machine only."""
    url = howto.address()
    host = urlsplit(url).hostname or ""
    if host != "localhost" and not ip_address(host).is_loopback:
        raise RuntimeError(f"the demonstration talks to this machine only, not to {host}")
    headers = {"Authorization": f"Bearer {flags.kept_key()}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310 (loopback)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by way of a proxy
    with opener.open(request, timeout=10) as answer:
        answer.read()


class Life:
    def __init__(self, *, post: Post = post, dice: random.Random | None = None) -> None:
        self.post = post
        self.dice = dice or random.Random()  # noqa: S311 (nothing secret)

    def turn(self) -> str:
        """Do one thing, and say what it was; empty if there was nothing to do."""
        deeds = [self.answer_call, self.answer_manager, self.work, self.finish, self.alert, self.grow, self.recover]
        weights = [5, 2, 3, 2, 3, 1, 1]
        if Incident.objects.open().count() >= MOST_OPEN:
            weights = [4, 2, 3, 6, 0, 0, 3]
        while deeds and any(weights):
            place = self.dice.choices(range(len(deeds)), weights)[0]
            did = self._try(deeds[place])
            if did:
                return did
            del deeds[place], weights[place]
        return ""

    @staticmethod
    def _try(deed: Callable[[], str]) -> str:
        """The web may be away for a moment, and a person may be faster: neither is a fault."""
        try:
            return deed()
        except (OSError, http.client.HTTPException, Refused) as reason:
            log.info("not now: %s", reason)
            return ""

    # --- colleagues --------------------------------------------------------------------------

    def answer_call(self) -> str:
        """Somebody who was called takes it. Some calls stay unanswered, for good or for a while."""
        waiting = self._runs().filter(acknowledged_at__isnull=True, held_until__isnull=True, holder__isnull=True)
        for run in waiting.filter(clock_from__lt=clock.now() - timedelta(seconds=12))[:6]:
            if random.Random(f"{run.pk}/{run.lap}/{run.place}").random() > ANSWERED and not run.finished:  # noqa: S311
                continue
            incident = run.trail.incident
            person = self._called(run, ["call", "last_resort"])
            if person is not None and incident.may_act(person):
                incident.acknowledge(by=person)
                return f"{person} acknowledged {incident.ref}"
        return ""

    def answer_manager(self) -> str:
        asked = EscalationRun.objects.running().filter(track="hierarchical", acknowledged_at__isnull=True)
        for run in asked.filter(place__gte=0, held_until__isnull=True).select_related("trail__incident"):
            person = self._called(run, ["call"])
            if person is not None:
                run.trail.incident.answer(by=person)
                return f"{person} answered for {run.trail.incident.ref}"
        return ""

    def work(self) -> str:
        """Accept an offer, try something, or escalate what has been tried enough."""
        offered = self._runs().filter(offered_to__isnull=False).exclude(offered_to__email__in=VISITORS).first()
        if offered is not None and offered.offered_to is not None:
            offered.trail.incident.accept(by=offered.offered_to)
            return f"{offered.offered_to} accepted {offered.trail.incident.ref}"
        for incident, person in self._held():
            if incident.attempts >= 2 and incident.failed_attempts >= 2 and incident.onward():
                reason = self.dice.choice([Reason.EXPERTISE, Reason.ACCESS, Reason.TIME])
                incident.escalate(by=person, reason=reason, text="Two things tried, neither helped. Please take over.")
                return f"{person} escalated {incident.ref}"
            if incident.attempts < 3:
                tried = self.dice.choice(self._scenario(incident).tries)
                incident.attempt(by=person, text=tried, outcome=self.dice.choice([Outcome.NO_EFFECT, Outcome.HELPED]))
                return f"{person} tried something on {incident.ref}"
        return ""

    def finish(self) -> str:
        """What has been worked on for a while is resolved."""
        now = clock.now()
        for incident, person in self._held(since=now - SETTLED):
            if incident.severity == 1 and incident.opened_at > now - WATCHED:
                continue
            text = self.dice.choice(self._scenario(incident).fixes)
            cause = self.dice.choice([Cause.SOFTWARE, Cause.CHANGE, Cause.CAPACITY, Cause.HARDWARE])
            incident.resolve(by=person, cause=cause, text=text)
            return f"{person} resolved {incident.ref}"
        return ""

    # --- monitoring --------------------------------------------------------------------------

    def alert(self) -> str:
        """Something new fires."""
        busy = set(Incident.objects.open().values_list("title", flat=True))
        free = [scenario for scenario in SCENARIOS if scenario.summary not in busy]
        if not free:
            return ""
        scenario = self.dice.choice(free)
        self.post(scenario.body(1, over=False, now=clock.now()))
        return f"{scenario.name} fires"

    def grow(self) -> str:
        for key, scenario in self._firing():
            known = key.alerts.count()
            if known < len(scenario.instances):
                self.post(scenario.body(known + 1, over=False, now=key.first_seen))
                return f"{scenario.name} grows"
        return ""

    def recover(self) -> str:
        """Monitoring sees that it is over by itself, unless a visitor is at it."""
        for key, scenario in self._firing(before=clock.now() - SETTLED):
            run = key.incident.run
            if run is not None and self._visitors(run):
                continue
            self.post(scenario.body(key.alerts.count(), over=True, now=clock.now()))
            return f"{scenario.name} is over"
        return ""

    # --- who and what ------------------------------------------------------------------------

    @staticmethod
    def _runs() -> QuerySet[EscalationRun]:
        rows = EscalationRun.objects.running().functional()
        return rows.select_related("trail__incident", "holder", "offered_to").order_by(Random())

    def _held(self, since: datetime | None = None) -> list[tuple[Incident, User]]:
        """What colleagues are working on, a few of them."""
        held = self._runs().filter(acknowledged_at__isnull=False, held_until__isnull=True, offered_to__isnull=True)
        held = held.exclude(holder__email__in=VISITORS)
        if since is not None:
            held = held.filter(acknowledged_at__lt=since)
        return [(run.trail.incident, run.holder) for run in held[:3] if run.holder is not None]

    @staticmethod
    def _visitors(run: EscalationRun) -> bool:
        return any(person is not None and person.email in VISITORS for person in (run.holder, run.offered_to))

    @staticmethod
    def _called(run: EscalationRun, kinds: list[str]) -> User | None:
        """A colleague whom the present step called; at the end of the path, any who was called before."""
        calls = Delivery.objects.filter(run=run, kind__in=kinds, person__is_active=True)
        latest = calls.order_by("-id").first()
        if latest is None:
            return None
        mates = calls if run.finished else calls.filter(cause=latest.cause)
        call = mates.exclude(person__email__in=VISITORS).select_related("person").order_by(Random()).first()
        return call.person if call else None

    @staticmethod
    def _firing(before: datetime | None = None) -> list[tuple[AlertKey, Scenario]]:
        keys = AlertKey.objects.filter(ended_at__isnull=True, incident__resolved_at__isnull=True)
        if before is not None:
            keys = keys.filter(first_seen__lt=before)
        keys = keys.select_related("incident__trail").order_by(Random())
        return [(key, BY_SUMMARY[key.incident.title]) for key in keys if key.incident.title in BY_SUMMARY]

    def _scenario(self, incident: Incident) -> Scenario:
        """An incident that no alert opened gets somebody else's words; it is a play, after all."""
        return BY_SUMMARY.get(incident.title) or self.dice.choice(SCENARIOS)
