"""The incident's page: one look at where the baton is, what was tried, and what comes next.

``Page`` computes each part only when a template asks for it, so that a live update of one
region costs the queries of that region.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.engine import breakers, tries
from escalation.engine.models import Delivery, Try
from escalation.kit import clock
from escalation.oncall.overview import Standing
from escalation.people.models import User
from escalation.policies.freezing import Roster
from escalation.trail.verifying import Verdict, verify
from incidents import recognising
from incidents.models import (
    Alert,
    Change,
    DrillRun,
    Incident,
)
from incidents.models.access import sees_all
from incidents.models.verb import Rights

from . import (
    actions,
    alike,
    attached,
    changed,
    channels,
    connected,
    duty,
    gathering,
    hands,
    informed,
    links,
    looked,
    passed,
    procedures,
    signs,
    tried,
    words,
)
from . import record as records
from . import strip as strips
from .cards import Badge, maintenance_badge
from .forms import ComposeForm
from .presence import Others
from .versions import now_of
from .visible import visible_incident
from .waiting import Waiting, waiting_of

PARTS = ("now", "signs", "runbooks", "trail", "aside")
ALERTS = 20
_STORY = (
    *("decided", "offered", "declined", "taken_back", "offer_returned"),
    *("opened", "called", "also_called", "acknowledged", "accepted", "reassigned", "exhausted", "awaits_shift"),
    *("facts", "alert", "absorbed", "rule_acted"),
)


@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    part = request.GET.get("part") if request.htmx else None  # type: ignore[attr-defined]
    incident = visible_incident(request, number, alike=part not in PARTS or part == "signs")
    before = request.GET.get("before", "")
    before_seq = int(before) if before.isdecimal() and len(before) < 10 else None
    shown = Page(incident, request.user, before=before_seq, now=now_of(request))
    if request.method == "GET" and not request.htmx:  # type: ignore[attr-defined]
        shown.others.look()
        if before_seq is None:
            shown.looked.look()
    return answer(request, shown, part=part if part in PARTS else None)


def answer(request: HttpRequest, page: "Page", *, part: str | None = None, status: int = 200) -> HttpResponse:
    """The whole page, or one of its parts."""
    template = f"desk/incident/page.html#{part}" if part else "desk/incident/page.html"
    response = render(request, template, {"page": page, "incident": page.incident, "here": "queue"}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
def record(request: HttpRequest, number: int) -> HttpResponse:
    """The proof, made anew. The page makes it on every load too, so without htmx that is the answer."""
    incident = visible_incident(request, number)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{incident.get_absolute_url()}#record")
    shown = Page(incident, request.user)
    return render(request, "desk/incident/page.html#record", {"page": shown, "incident": incident})


class Page:
    """What the templates show, computed when they ask."""

    def __init__(
        self,
        incident: Incident,
        user: User | AnonymousUser,
        *,
        before: int | None = None,
        compose: ComposeForm | None = None,
        now: datetime | None = None,
    ):
        assert isinstance(user, User)
        self.incident, self.user, self.before = incident, user, before
        self.now = now or clock.now()
        self.run, self.authority = incident.run, incident.authority_run
        self._compose = compose

    @cached_property
    def drill_report(self) -> str:
        """Of a drill: where its report is, for whoever may plan such; else empty."""
        if not self.incident.drill:
            return ""
        run = DrillRun.objects.visible_to(self.user).filter(incident=self.incident).first()
        return run.get_absolute_url() if run else ""

    # --- who may --------------------------------------------------------------------------

    @cached_property
    def previous(self) -> Incident | None:
        """The incident this one follows, if the person may see it."""
        earlier = self.incident.previous_id
        return Incident.objects.visible_to(self.user).filter(pk=earlier).first() if earlier else None

    @cached_property
    def rights(self) -> Rights:
        return self.incident.rights_as_read(self.user)

    @property
    def may_act(self) -> bool:
        return self.rights.act

    @cached_property
    def is_asked(self) -> bool:
        """Whether this person is a manager whose decision is awaited."""
        run = self.authority
        if run is None or run.ended_at or run.held_until or run.acknowledged_at or not run.standing.begun:
            return False
        if not run.policy_path.asked(run.lap, run.place):
            return False
        step = f"run:{run.pk}:call:{run.lap}:{run.place}:"  # by the step it stands on, as the cues have it
        anew = Q(kind="maintenance_over", epoch=run.epoch, message__mode="decide")
        asks = Q(kind="call", cause__startswith=step) | anew
        return Delivery.objects.filter(asks, run=run, person=self.user).exists()

    @property
    def may_export(self) -> bool:
        """Whether the record can be taken along; see ``exporting`` for what refuses it all the same."""
        return self.rights.reassign or sees_all(self.user)

    @property
    def offered_to_me(self) -> bool:
        return bool(self.run and self.run.offered_to_id == self.user.pk)

    @cached_property
    def actions(self) -> list[actions.Action]:
        """What can be done now, the one primary action first."""
        return actions.of(self)

    @cached_property
    def informed(self) -> informed.Panel:
        """What others were told of it, and who sends them word."""
        return informed.Panel(self.incident, self.user, self.now, may_act=self.may_act)

    @cached_property
    def channels(self) -> channels.Panel:
        """Which chat channels read of it."""
        return channels.Panel(self.incident, may_act=self.may_act)

    @cached_property
    def others(self) -> Others:
        """Who else has it open."""
        return Others(self.incident, self.user, self.now)

    # --- the record -----------------------------------------------------------------------

    @cached_property
    def _read(self) -> records.Read:
        along = {*_STORY, *signs.HEARD, *attached.KINDS, "attempt"}
        return records.read(self.incident.trail, before=self.before, along=along)

    @cached_property
    def lines(self) -> list[records.Line]:
        told: set[int] = set()
        for line in self._read[0]:
            if line.retried:
                line.tries = self._tries.get(line.retried, ())
                line.tries_key = f"{line.retried}-{line.seq}" if line.retried in told else f"{line.retried}"
                told.add(line.retried)
        found = gathering.grouped(self._read[0])
        for line in found:
            line.viewer = self.user.pk
        if self.before is None:
            self.looked.mark(found)
        return found

    @cached_property
    def looked(self) -> looked.Looked:
        """What is new to this person."""
        return looked.Looked(self.incident, self.user, self._read[0], self.now)

    @cached_property
    def _tries(self) -> dict[int, list[Try]]:
        """Of the messages that took more than one, and of those that wait for the next: one query, if there are any."""
        again = [] if self.before is not None else [one.pk for one in self._held if one.attempts]
        return tries.of([line.retried for line in self._read[0] if line.retried] + again)

    @property
    def older(self) -> int | None:
        return self._read[1]

    @cached_property
    def waiting(self) -> list[Waiting]:
        """Messages that leave later: as a rule says, after quiet hours, together with others, or at another try."""
        services = breakers.known() if any(one.behind for one in self._held) else {}
        away = {one.pk: services.get(tries.service_of(one)) for one in self._held if one.behind}
        return [waiting_of(one, self.now, self._tries.get(one.pk, ()), away.get(one.pk)) for one in self._held]

    @cached_property
    def _held(self) -> list[Delivery]:
        held = Delivery.objects.filter(trail=self.incident.trail_id, state="queued", next_at__gt=self.now)
        if not getattr(self.incident, "may_wait", True):
            return []
        return list(held.select_related("person", "method").defer("message").order_by("next_at", "id")[:20])

    @property
    def _told(self) -> list[records.Line]:
        """How the baton moved, what was judged, who worked on it and what they tried, oldest first."""
        return self._read.along

    @cached_property
    def story(self) -> list[records.Line]:
        return [line for line in self._told if line.kind in _STORY]

    @property
    def may_work(self) -> bool:
        """Whether this person may say that they work on it."""
        return self.may_change and not (self.run and self.run.held_until)

    @cached_property
    def verdict(self) -> Verdict:
        return verify(self.incident.trail, now=self.now)

    # --- the path -------------------------------------------------------------------------

    @cached_property
    def _roster(self) -> Roster | None:
        return duty.roster_of(self.incident, self.user, self.now)

    @cached_property
    def strip(self) -> strips.Strip:
        last_resort = partial(duty.last_resort, self.user, self.now)
        return strips.draw(self.incident, self.story, self._roster, self.now, last_resort)

    @cached_property
    def know(self) -> list[strips.Know]:
        return strips.must_know(self.authority, self.story, self._roster, self.now)

    @cached_property
    def passed(self) -> passed.Panel:
        """The brief of whoever passed it on, and what it needs of whoever has it."""
        return passed.Panel(self.incident, self.user, self.story)

    @cached_property
    def signs(self) -> signs.Panel:
        lines, newest = self._told, self._read[0]
        return signs.Panel(self.incident, self.user, lines, newest, self._roster, self.now, self.passed.missing)

    @cached_property
    def alike(self) -> alike.Panel:
        seen, cut = recognising.of(self.incident, self.user), recognising.is_cut(self.incident)
        may_say = self.may_act and not (self.incident.restricted or self.incident.drill)
        return alike.Panel(seen, cut, of=self.problem, may_say=may_say)

    @property
    def problem(self) -> Mapping[str, Any] | None:
        """The one that it is one of."""
        return next(iter(getattr(self.incident, "problem_rows", None) or []), None)

    @cached_property
    def files(self) -> list[attached.File]:
        return attached.of_lines(self._told)

    @cached_property
    def connected(self) -> connected.Panel:
        return connected.Panel(self.incident, self.user, lambda: self._read[0], self.problem)

    # --- the aside ------------------------------------------------------------------------

    @cached_property
    def on_call(self) -> list[Standing]:
        """Who is on call for it, now and next."""
        return duty.of_incident(self.incident, self.user, self.now)

    @property
    def status(self) -> str:
        return {"on_hold": "held"}.get(self.incident.status, self.incident.status)

    @property
    def maintenance(self) -> Badge | None:
        until = self.run.quiet_until if self.run else None
        return maintenance_badge(until, self.now) if until else None

    @property
    def may_change(self) -> bool:
        return self.may_act and self.incident.resolved_at is None

    @property
    def opened_today(self) -> bool:
        return timezone.localdate(self.incident.opened_at) == timezone.localdate(self.now)

    @property
    def affected(self) -> str:
        return words.people_affected(self.incident.people_affected)

    @property
    def affected_number(self) -> str:
        known = self.incident.people_affected
        return words.counted(known) if known else _("not known")

    @property
    def was_open(self) -> str:
        return words.spelt((self.incident.resolved_at or self.now) - self.incident.opened_at)

    @property
    def symptom(self):
        return links.linked(self.incident.symptom)

    @cached_property
    def severity_said(self) -> records.Line | None:
        """The entry that last decided the severity, or the override's."""
        if self.incident.severity_override:
            return next((line for line in reversed(self.story) if line.data.get("override")), None)
        judged = (line for line in reversed(self.story) if line.severity or line.kind == "opened")
        return next(judged, None)

    @cached_property
    def alerts(self) -> list[dict]:
        """What sources reported (also of duplicates that it took in), with links only where they lead to the web."""
        if self.incident.source is None and not getattr(self.incident, "may_be_linked", True):
            return []
        rows = Alert.objects.filter(key__incident=self.incident).order_by("state", "-starts_at")[:ALERTS]
        return [
            {
                "alert": row,
                "name": row.summary or row.labels.get("alertname") or row.fingerprint,
                "link": row.link if links.is_web(row.link) else "",
            }
            for row in rows
        ]

    @cached_property
    def changes(self) -> list[Change]:
        return changed.lately(self.incident)

    @property
    def firing(self) -> int:
        return sum(row["alert"].state == Alert.State.FIRING for row in self.alerts)

    # --- hands and attempts ---------------------------------------------------------------

    @cached_property
    def hands_on(self) -> hands.HandsOn:
        return hands.of_lines(self._told, self.user, self.now)

    @cached_property
    def attempts(self) -> tried.Panel:
        return tried.Panel(self.incident, self._told)

    # --- writing --------------------------------------------------------------------------

    @cached_property
    def runbooks(self) -> list[procedures.Shown]:
        return procedures.on_incident(self.incident, self.user, self.now, may_change=self.may_change)

    @property
    def compose(self) -> ComposeForm | None:
        if not self.may_act:
            return None
        form = self._compose or ComposeForm(only_notes=self.incident.resolved_at is not None)
        if self.incident.resolved_at is None:
            form.propose_minutes(self.hands_on.since_attempt(self._told))
        return form
