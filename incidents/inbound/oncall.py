"""Grafana OnCall's own addresses: an integration's kind, and its key. Whatever was sent there is sent here when its
host is changed, with the key that was brought along from there. What it says is read as at our own addresses.
"""

from typing import ClassVar

from .alertmanager import Alertmanager
from .grafana import Grafana
from .heartbeats import OneHeartbeat
from .webhook import Webhook

_KEY = r"(?P<key>[^/]+)"


class OnCallAlertmanager(Alertmanager):
    name = "oncall-alertmanager"
    addresses: ClassVar = {name: rf"integrations/v1/alertmanager/{_KEY}"}


class OnCallGrafana(Grafana):
    name = "oncall-grafana"
    addresses: ClassVar = {name: rf"integrations/v1/grafana(?:_alerting)?/{_KEY}"}


class OnCallWebhook(Webhook):
    """All others: an import makes each of them a source of this kind."""

    name = "oncall-webhook"
    addresses: ClassVar = {name: rf"integrations/v1/(?!(?:alertmanager|grafana|grafana_alerting)/)[a-z0-9_]+/{_KEY}"}


class OnCallHeartbeat(OneHeartbeat):
    name = "oncall-heartbeat"
    addresses: ClassVar = {name: rf"integrations/v1/[a-z0-9_]+/{_KEY}/heartbeat"}
