"""Which service an alert is about, and how severe it is for us.

Floor 7; may import the models and everything below. The service brings its policy and its
owning team with it; without a service the installation's catch-all policy and team apply.
"""

from collections.abc import Iterable, Mapping

from .models import Service, Source


def service_for(source: Source, labels: Iterable[Mapping[str, str]]) -> Service | None:
    """The source's own service, or the first allowed one that its label names, whatever the case.

    ``labels`` go from what is common to all alerts to what is said by one. An alert can only
    choose among the services allowed to its source: the key is the one source of authority.
    """
    if source.service is not None and source.service.archived_at is None:
        return source.service
    if not source.service_label:
        return None
    allowed = {service.name.casefold(): service for service in source.allowed_services.in_use()}
    named = (each.get(source.service_label, "").strip().casefold() for each in labels)
    return next((allowed[name] for name in named if name in allowed), None)


def severity_for(source: Source, reported: Iterable[int | None]) -> int | None:
    """The worst reported by what fires; the source's default where a word was missing or unknown."""
    return min((source.default_severity if one is None else one for one in reported), default=None)
