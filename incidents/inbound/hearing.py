"""Signals turned into incidents, inside the caller's transaction; one message's or a hundred messages'.

Round by round: lock, load what is known of every key, let each key's ``Story`` hear its signals
in memory, and write what changed with few statements. New incidents are opened together. What
follows the end of a key is heard in the next round.

Locks: the heads of all incidents a round can touch are taken first, in id order; rows of
keys and alerts change only under them. New keys are claimed by inserting their rows, in the
order of keys, so that two messages with the same new keys cannot wait for each other crosswise.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Count, F, Max, Min, Q, QuerySet

from escalation.kit.rows import update_all
from escalation.trail.models import Trail
from incidents import routing
from incidents.models import Alert, AlertKey, Incident, Receipt, Source
from incidents.models.opening import Report

from . import acting
from .alert import Element, Signal
from .story import Said, Story, is_past, row_of

_NAMED = 5  # alerts named in an entry
_NO_INCIDENT_YET = 0
_LOST_RACES = 5

Key = tuple[int, str]  # a source's id, and the key


@dataclass
class Outcome:
    """What became of one receipt's signals."""

    refs: dict[str, None] = field(default_factory=dict)
    results: Counter[str] = field(default_factory=Counter)

    def did(self, what: str, incident: Incident | None = None) -> None:
        self.results[what] += 1
        if incident is not None:
            self.refs[incident.ref] = None


class Hearing:
    """What some receipts say, heard in the order in which they came in."""

    def __init__(self) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self.sources: dict[int, Source] = {}
        self._locked: set[int] = set()

    def hear(self, said: Sequence[tuple[Receipt, Sequence[Signal]]]) -> None:
        """``said``: receipts with the signals to hear now, in the order of the receipts."""
        self.outcomes = {receipt.pk: Outcome() for receipt, _signals in said}
        self.sources = {receipt.source_id: receipt.source for receipt, _signals in said}
        waiting: dict[Key, deque[Said]] = {}
        for receipt, signals in said:
            for signal in signals:
                waiting.setdefault((receipt.source_id, signal.key), deque()).append(Said(receipt, signal))
        lost = 0
        while waiting:
            stories = self._round(waiting)
            lost += not any(story.heard for story in stories.values())
            if lost > _LOST_RACES:
                raise RuntimeError("keys were claimed again and again by others")
            waiting = {key: story.waiting for key, story in stories.items() if story.waiting}

    def _round(self, waiting: Mapping[Key, deque[Said]]) -> dict[Key, Story]:
        stories = self._load(waiting)
        first_seen = self._first_seen(stories.values())
        for story in stories.values():
            story.listen(first_seen)
        self._claim(stories)
        self._open([story for story in stories.values() if story.opened_by])
        self._write(stories.values())
        self._tell([story for story in stories.values() if story.joined or story.ended or story.worse])
        for story in stories.values():
            for one in story.done_outside:
                one.what = acting.act(story.living.incident, one.receipt.source, one.signal)
            if story.ended_by is not None:
                story.ended_by.what = self._end(
                    story.living, story.ended_by.receipt, story.ended_by.signal.outside.text
                )
            for one in story.heard:
                self.outcomes[one.receipt.pk].did(one.what, one.about.incident if one.about else None)
        self._ended_elsewhere([one for story in stories.values() for one in story.heard if one.what != "late"])
        return stories

    # --- what is known ------------------------------------------------------------------------

    def _load(self, waiting: Mapping[Key, deque[Said]]) -> dict[Key, Story]:
        """The latest row of every key, with its incident and alerts, read under the incidents' locks."""
        trails = self._trails_of(waiting)
        while True:
            self._lock(trails)
            rows = self._latest(waiting)
            trails = {row.incident.trail_id for row in rows.values() if row.ended_at is None} - self._locked
            if not trails:  # else somebody opened one of them while we waited
                break
        alerts: dict[int, dict[str, Alert]] = {}
        for alert in Alert.objects.filter(key__in=[row.pk for row in rows.values() if row.ended_at is None]):
            alerts.setdefault(alert.key_id, {})[alert.fingerprint] = alert
        stories = {}
        for key, said in waiting.items():
            row = rows.get(key)
            stories[key] = Story.of(row, alerts.get(row.pk, {}) if row else {}, said)
        return stories

    def _trails_of(self, waiting: Mapping[Key, deque[Said]]) -> set[int]:
        living = AlertKey.objects.filter(_among(waiting), ended_at__isnull=True)
        trails = set(living.values_list("incident__trail", flat=True))
        ended = {
            e.fingerprint for said in waiting.values() for one in said for e in one.signal.elements if not e.firing
        }
        if ended:
            trails |= set(self._firing(ended).values_list("key__incident__trail", flat=True))
        return trails

    def _lock(self, trails: set[int]) -> None:
        if trails - self._locked:
            Trail.objects.lock(trails)
            self._locked |= trails

    def _latest(self, keys: Iterable[Key]) -> dict[Key, AlertKey]:
        """The living row of each key, else its last: one re-opened may live although a later one has ended."""
        known = AlertKey.objects.filter(_among(keys)).values("source", "key")
        found = known.annotate(living=Max("id", filter=Q(ended_at__isnull=True)), last=Max("id"))
        rows = AlertKey.objects.filter(pk__in=[row["living"] or row["last"] for row in found]).select_related(
            "incident"
        )
        return {(row.source_id, row.key): row for row in rows}

    def _firing(self, fingerprints: Iterable[str]) -> QuerySet[Alert]:
        rows = Alert.objects.filter(state=Alert.State.FIRING, fingerprint__in=fingerprints)
        return rows.filter(key__source__in=list(self.sources), key__ended_at__isnull=True)

    def _first_seen(self, stories: Iterable[Story]) -> dict[tuple[int, str], int]:
        """Which receipt had these bytes first; asked only where somebody may have said them before."""
        digests = {
            one.receipt.digest for story in stories if story.past or len(story.waiting) > 1 for one in story.waiting
        }
        if not digests:
            return {}
        same = Receipt.objects.filter(source__in=list(self.sources), digest__in=digests).order_by()
        found = same.values("source", "digest").annotate(first=Min("id"))
        return {(row["source"], row["digest"]): row["first"] for row in found}

    # --- what changes -------------------------------------------------------------------------

    def _claim(self, stories: Mapping[Key, Story]) -> None:
        """Insert the new keys. A story that lost the race for its key tells the rest in the next round."""
        opening = {key: story for key, story in sorted(stories.items()) if story.opened_by}
        if not opening:
            return
        for story in opening.values():
            if story.past is not None and story.past.ended_at is None:  # its incident is over, whoever forgot to say so
                AlertKey.objects.filter(pk=story.past.pk).update(ended_at=story.living.first_seen)
            # The foreign key is checked at commit: no incident and no number for the loser of a race.
            story.living.incident_id = _NO_INCIDENT_YET
        AlertKey.objects.bulk_create([story.living for story in opening.values()], ignore_conflicts=True)
        won = AlertKey.objects.filter(_among(opening), ended_at__isnull=True, incident=_NO_INCIDENT_YET)
        ours = {(source, key): pk for pk, source, key in won.values_list("pk", "source", "key")}
        for key, story in opening.items():
            if key in ours:
                story.living.pk = ours[key]
            else:
                story.lose()

    def _open(self, stories: Sequence[Story]) -> None:
        """All new incidents, a source's together, in the order in which they were heard of."""
        for pk, source in self.sources.items():
            mine = sorted((story for story in stories if story.living.source_id == pk), key=_place)
            if not mine:
                continue
            there = partial(_belong, [story.living for story in mine])
            Incident.open_many([_report(source, story) for story in mine], source=source, there=there)

    def _write(self, stories: Iterable[Story]) -> None:
        rows, alerts = [], []
        for story in stories:
            if story.late_for_past and story.past is not None:
                AlertKey.objects.filter(pk=story.past.pk).update(count=F("count") + story.late_for_past)
            if story.row is not None and story.heard:
                rows.append(story.row)
                alerts += [(story.row, alert) for alert in story.changed.values()]
        if rows:
            update_all(rows, ("incident", "count", "last_seen", "digest", "unlisted"))
        self._keep(alerts)

    def _keep(self, alerts: Sequence[tuple[AlertKey, Alert]]) -> None:
        for key, alert in alerts:
            alert.key = key
        Alert.objects.bulk_create(
            [alert for _key, alert in alerts],
            update_conflicts=True,
            unique_fields=["key", "fingerprint"],
            update_fields=["state", "labels", "summary", "link", "starts_at", "ends_at", "last_seen"],
        )

    def _tell(self, stories: Sequence[Story]) -> None:
        """An entry with the facts to each incident; its severity may rise by it."""
        told = [(story.living, story.joined, story.ended, story.reported if story.worse else None) for story in stories]
        self._tell_of(told)

    def _tell_of(self, told: Sequence[tuple[AlertKey, Sequence[str], Sequence[str], int | None]]) -> None:
        states = _states({key.incident_id for key, *_rest in told})
        for pk, source in self.sources.items():
            news = [
                (key.incident, _summary(key, states[key.incident_id], joined, ended), severity)
                for key, joined, ended, severity in told
                if key.source_id == pk
            ]
            Incident.hear_many(news, source=source)

    # --- ends ---------------------------------------------------------------------------------

    def _end(self, key: AlertKey, receipt: Receipt, text: str = "") -> str:
        """The key is over; its incident too, unless it lives on under another key or a person opened it."""
        AlertKey.objects.filter(pk=key.pk).update(ended_at=receipt.received_at)
        others = AlertKey.objects.filter(incident=key.incident_id, ended_at__isnull=True)
        if key.incident.source_id is None or others.exists():
            return "changed"
        key.incident.resolve_by_source(receipt.source, text=text)
        return "resolved"

    def _ended_elsewhere(self, said: Sequence[Said]) -> None:
        """An alert that is over is over under every key of its source: routing trees get edited."""
        ends: dict[tuple[int, str], list[tuple[Said, Element]]] = {}
        for one in said:
            for element in one.signal.elements:
                if not element.firing:
                    ends.setdefault((one.receipt.source_id, element.fingerprint), []).append((one, element))
        if not ends:
            return
        rows = self._firing({fingerprint for _source, fingerprint in ends}).select_related("key__incident")
        by_key: dict[int, list[tuple[Alert, Said, Element]]] = {}
        for row in rows.order_by("key_id"):
            for one, element in reversed(ends.get((row.key.source_id, row.fingerprint), [])):
                if _ends(one, element, row):
                    by_key.setdefault(row.key_id, []).append((row, one, element))
                    break
        self._keep([(f[0].key, row_of(f[2], f[0], f[1].receipt)) for found in by_key.values() for f in found])
        for found in by_key.values():
            key, receipt = found[0][0].key, found[0][1].receipt
            self._tell_of([(key, [], [element.name for _row, _said, element in found], None)])
            if not key.unlisted and not key.alerts.filter(state=Alert.State.FIRING).exists():
                self.outcomes[receipt.pk].did(self._end(key, receipt), key.incident)


def _belong(keys: Sequence[AlertKey], incidents: Sequence[Incident]) -> None:
    """At once: whether it is the same trouble again is asked as each is opened."""
    for key, incident in zip(keys, incidents, strict=True):
        key.incident = incident
    update_all(keys, ("incident",))


def _among(keys: Iterable[Key]) -> Q:
    """These keys of these sources, on the index."""
    by_source: dict[int, list[str]] = {}
    for source, key in keys:
        by_source.setdefault(source, []).append(key)
    found = Q(pk=None)
    for source, mine in by_source.items():
        found |= Q(source=source, key__in=mine)
    return found


def _place(story: Story) -> int:
    assert story.opened_by is not None
    return story.opened_by.receipt.pk


def _report(source: Source, story: Story) -> Report:
    assert story.opened_by is not None
    signal = story.opened_by.signal
    labels = [signal.labels, *(element.labels for element in signal.firing)]
    return Report(
        title=signal.title,
        symptom=signal.body,
        previous=story.past.incident if story.past else None,
        service=routing.service_for(source, labels),
        reported_severity=routing.severity_for(source, [element.severity for element in signal.firing]),
    )


def _states(incidents: set[int]) -> dict[int, Counter[str]]:
    """How many alerts of each incident fire, and how many are resolved."""
    states: dict[int, Counter[str]] = {pk: Counter() for pk in incidents}
    rows = Alert.objects.filter(key__incident__in=incidents, key__ended_at__isnull=True).order_by()
    for row in rows.values("key__incident", "state").annotate(number=Count("id")):
        states[row["key__incident"]][row["state"]] = row["number"]
    return states


def _summary(key: AlertKey, states: Counter[str], joined: Sequence[str], ended: Sequence[str]) -> dict:
    return {
        "count": key.count,
        "firing": states[Alert.State.FIRING],
        "resolved": states[Alert.State.RESOLVED],
        "joined": list(joined[:_NAMED]),
        "ended": list(ended[:_NAMED]),
    }


def _ends(said: Said, element: Element, row: Alert) -> bool:
    """Whether it ends this alert of another key, which has not fired again since."""
    if said.signal.key == row.key.key or row.last_seen > said.receipt.received_at:
        return False
    return not is_past(element, row)
