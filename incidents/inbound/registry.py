"""Which doors there are. A new one has a line here."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from incidents.models import Source
from incidents.models.doors import KINDS

from .alertmanager import Alertmanager
from .door import Door
from .goalert import GoAlertAlertmanager, GoAlertGeneric, GoAlertGrafana, GoAlertHeartbeats
from .grafana import Grafana
from .heartbeats import Heartbeats
from .mail import Mail
from .oncall import OnCallAlertmanager, OnCallGrafana, OnCallHeartbeat, OnCallWebhook
from .opsgenie.pings import Pings
from .opsgenie.wire import Opsgenie
from .pagerduty import PagerDuty, PagerDutyChanges
from .pagerduty_v1 import PagerDutyV1
from .webhook import Webhook

DOORS: tuple[Door, ...] = (
    Alertmanager(),
    Grafana(),
    PagerDuty(),
    PagerDutyChanges(),
    PagerDutyV1(),
    Opsgenie(),
    Pings(),
    Webhook(),
    Heartbeats(),
    Mail(),
    GoAlertAlertmanager(),
    GoAlertGrafana(),
    GoAlertGeneric(),
    GoAlertHeartbeats(),
    OnCallAlertmanager(),
    OnCallGrafana(),
    OnCallWebhook(),
    OnCallHeartbeat(),
)
LABELS = {  # of the kinds of source
    "alertmanager": _("Prometheus Alertmanager"),
    "grafana": _("Grafana"),
    "pagerduty": _("PagerDuty Events API"),
    "opsgenie": _("Opsgenie Alert API"),
    "webhook": _("Webhook"),
    "heartbeat": _("Heartbeats only"),
    "email": _("E-mail"),
}

_BY_NAME: Mapping[str, Door] = {door.name: door for door in DOORS}


def announce() -> None:
    """Tell the models which kinds of source there are: a new door needs no migration."""
    KINDS.update(LABELS)


def door_of(source: Source, envelope: Mapping) -> Door:
    """By which door it came; where its source has only one, that."""
    return _BY_NAME[envelope.get("door", source.kind)]


def first_of(kind: str) -> Door:
    """The door that is shown for a kind of source."""
    return next(door for door in DOORS if door.kind == kind)


def first_segments() -> tuple[str, ...]:
    """How the addresses of doors begin: ``/integrations/`` and others."""
    return tuple({f"/{pattern.split('/')[0]}/" for door in DOORS for pattern in door.addresses.values()})
