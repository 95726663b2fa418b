"""The severity table a new installation starts with; admins change it from there."""

from .models import Level, PeopleBand, SeverityCell

BANDS = {100: 2, 1000: 1}  # so many people affected, or more


def default_severity_table() -> None:
    for impact in Level.values:
        for urgency in Level.values:
            severity = min(5, impact + urgency - 1)
            SeverityCell.objects.get_or_create(impact=impact, urgency=urgency, defaults={"severity": severity})
    for least, severity in BANDS.items():
        PeopleBand.objects.get_or_create(least=least, defaults={"severity": severity})
