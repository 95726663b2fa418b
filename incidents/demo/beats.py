"""What beats in the demonstration: a backup that ran, and a renewal that has not come round yet."""

from incidents.models import Heartbeat, Source

DAY = 60 * 24


def build(source: Source) -> None:
    Heartbeat.objects.create(source=source, name="nightly-backup", every=DAY, grace=60, severity=2).beat()
    Heartbeat.objects.create(source=source, name="certificate-renewal", every=7 * DAY, grace=DAY, severity=3)
