"""What the sample organisation's monitoring may have to say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """One alert group that may fire: known by its summary, which is the incident's title."""

    name: str
    service: str
    severity: str
    summary: str
    instances: Sequence[str]
    fixes: Sequence[str]
    tries: Sequence[str] = ("Restarted the service on one host.", "Compared with yesterday's graphs: new since today.")

    def body(self, firing: int, *, over: bool, now: datetime) -> dict[str, Any]:
        """As Alertmanager sends it: the first ``firing`` instances, or all of them resolved."""
        state = "resolved" if over else "firing"
        labels = {"alertname": self.name, "service": self.service, "severity": self.severity}
        stamp = now.astimezone(UTC).isoformat().replace("+00:00", "Z")
        common = {"summary": self.summary}
        alerts = [
            {
                "status": state,
                "labels": {**labels, "instance": instance},
                "annotations": common,
                "startsAt": stamp,
                **({"endsAt": stamp} if over else {}),
            }
            for instance in self.instances[: max(firing, 1)]
        ]
        return {
            "version": "4",
            "status": state,
            "receiver": "baton",
            "groupKey": f'{{}}:{{alertname="{self.name}"}}',
            "groupLabels": {"alertname": self.name},
            "commonLabels": labels,
            "commonAnnotations": common,
            "alerts": alerts,
        }


SCENARIOS = [
    Scenario(
        "CheckoutErrors",
        "Payments",
        "critical",
        "Checkout answers with errors",
        ["checkout-1", "checkout-2", "checkout-3"],
        ["Rolled back the release of this morning."],
    ),
    Scenario(
        "CardTerminalsOffline",
        "Payments",
        "error",
        "Card terminals are offline",
        ["store-berlin", "store-lyon", "store-porto"],
        ["The terminal gateway had run out of sessions."],
    ),
    Scenario(
        "OrderQueueGrows",
        "Orders",
        "warning",
        "The order queue grows and grows",
        ["orders-eu", "orders-uk"],
        ["Two more workers; the queue is empty."],
    ),
    Scenario(
        "StockOutOfSync",
        "Orders",
        "error",
        "Stock and shop disagree",
        ["warehouse-a", "warehouse-b"],
        ["The nightly import was repeated by hand."],
    ),
    Scenario(
        "SearchSlow",
        "Catalogue",
        "warning",
        "Search answers slowly",
        ["search-1", "search-2", "search-3"],
        ["A runaway query was stopped and its index added."],
    ),
    Scenario(
        "ImagesMissing",
        "Catalogue",
        "info",
        "Product images are missing",
        ["images-1"],
        ["The image store was full; old thumbnails were removed."],
    ),
    Scenario(
        "DirectoryUnreachable",
        "Identity",
        "critical",
        "The directory does not answer",
        ["ldap-1", "ldap-2"],
        ["Failed over to the second directory server."],
    ),
    Scenario(
        "CertificateExpires",
        "Identity",
        "warning",
        "A certificate expires tomorrow",
        ["idp.example.com"],
        ["The certificate was renewed."],
    ),
    Scenario(
        "PacketLoss",
        "Network",
        "error",
        "Packet loss between the sites",
        ["edge-madrid", "edge-paris", "edge-lagos"],
        ["The provider rerouted our line."],
    ),
    Scenario(
        "WifiDown",
        "Workplace",
        "warning",
        "Wi-Fi is down on the third floor",
        ["ap-3-01", "ap-3-02"],
        ["A tripped fuse; the access points are up."],
    ),
    Scenario(
        "DiskNearlyFull",
        "Network",
        "warning",
        "The log disk is nearly full",
        ["logs-1"],
        ["Compressed last month's logs."],
    ),
    Scenario(
        "PayoutsLate",
        "Payments",
        "error",
        "Payouts to shops are late",
        ["payouts-1"],
        ["The bank's file was delivered twice; the second was removed."],
    ),
    Scenario(
        "SessionsLost",
        "Identity",
        "error",
        "People are signed out again and again",
        ["idp-1", "idp-2"],
        ["One node had the wrong time; it is in step again."],
    ),
    Scenario(
        "PriceFeedStale",
        "Catalogue",
        "error",
        "Prices are from yesterday",
        ["pricefeed-1"],
        ["The feed's credentials had expired."],
    ),
]
BY_SUMMARY = {scenario.summary: scenario for scenario in SCENARIOS}
