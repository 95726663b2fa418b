"""Grafana OnCall's answers as records: people, teams, integrations. Pure; see ``chains`` and ``schedules`` too.

Whatever does not come over, or comes over otherwise, is said in a note; what cannot be read at all is left out, alone.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ..careful import Careful
from ..plain import needed, number, rows, text
from ..records import Chime, Level, Organisation, Person, Policy, Schedule, Service, Source, Team
from . import chains, schedules
from .calendar import shifts_of

Raw = dict[str, Any]
MOST_MINUTES = 24 * 60  # of a notification rule here
DOORS = {  # what an integration is called there → the kind of source that takes the same messages
    "alertmanager": "alertmanager",
    "grafana_alerting": "grafana",
    "grafana": "grafana",
    "webhook": "webhook",
    "formatted_webhook": "webhook",
}


def read(raw: Raw, now: datetime) -> Organisation:
    return Reader(raw, now).read()


class Reader(Careful):
    def __init__(self, raw: Raw, now: datetime):
        super().__init__()
        self.raw, self.now = raw, now

    def read(self) -> Organisation:
        raw = self.raw
        found = Organisation(
            people=tuple(self.each("person", raw["users"], self.person)),
            teams=tuple(self.each("team", raw["teams"], self.team)),
            schedules=tuple(self.each("schedule", raw["schedules"], self.schedule)),
            policies=tuple(self.each("policy", raw["escalation_chains"], self.policy)),
            services=tuple(self.each("service", raw["integrations"], self.service)),
            sources=tuple(self.each("source", raw["integrations"], self.source)),
        )
        self.tell("Grafana OnCall", raw)
        return Organisation(**{**vars(found), "notes": tuple(self.told)})

    def person(self, raw: Raw) -> Person:
        if text(raw, "role") == "admin":
            self.say("person", raw, Level.CHANGED, "Is an admin there. Nobody becomes an admin by an import.")
        elif text(raw, "role") in ("viewer", "observer"):
            self.say(
                "person", raw, Level.CHANGED, "May only look there. What somebody may do here goes by their teams."
            )
        chimes = tuple(self._chimes(raw))
        zone = text(raw, "timezone") or "UTC"
        return Person(needed(raw, "id"), needed(raw, "email"), needed(raw, "username"), zone, chimes=chimes)

    def _chimes(self, raw: Raw) -> Iterator[Chime]:
        """A wait is a gap there; here minutes count from the call. Only e-mail has an address that is told."""
        mine = [one for one in rows(self.raw, "personal_notification_rules") if one.get("user_id") == raw["id"]]
        left = set()
        for urgency, important in (("loud", True), ("quiet", False)):
            seconds, any_of_it = 0, False
            rules = [one for one in mine if bool(one.get("important")) == important]
            for rule in sorted(rules, key=lambda one: number(one, "position", default=0)):
                kind = text(rule, "type")
                if kind == "wait":
                    seconds += number(rule, "duration", default=0)
                elif kind == "notify_by_email" and seconds <= MOST_MINUTES * 60:
                    any_of_it = True
                    yield Chime(urgency, -(-seconds // 60))
                else:
                    left.add(kind.removeprefix("notify_by_").replace("_", " "))
            if not any_of_it:
                said = f"No rule for what is {urgency} comes over: the account's e-mail is told at once."
                self.say("person", raw, Level.CHANGED, said)
        if left:
            said = f"{', '.join(sorted(left))}: to be set up here by the person, no address of it is told."
            self.say("person", raw, Level.LEFT, said)

    def team(self, raw: Raw) -> Team:
        """Who belongs to it is told with the people. Nobody there is more than a member."""
        members = [needed(one, "id") for one in rows(self.raw, "users") if raw["id"] in (one.get("teams") or [])]
        return Team(needed(raw, "id"), needed(raw, "name"), tuple(members))

    def schedule(self, raw: Raw) -> Schedule:
        found, said = schedules.read(raw, shifts_of(self.raw, raw), self.now)
        for level, words in said:
            self.say("schedule", raw, level, words)
        return found

    def policy(self, raw: Raw) -> Policy:
        chain = chains.Chain(raw, chains.of(self.raw, raw))
        found = chain.policy()
        for level, words in dict.fromkeys(chain.told):
            self.say("policy", raw, level, words)
        return found

    def service(self, raw: Raw) -> Service:
        """What an integration's alerts are about has no name there but the integration's own."""
        routes = [one for one in rows(self.raw, "routes") if one.get("integration_id") == raw["id"]]
        for one in sorted(routes, key=lambda one: number(one, "position", default=0)):
            if not one.get("is_the_last_route"):
                said = f"Its route {text(one, 'routing_type')} “{text(one, 'routing_regex')}” is not followed: "
                self.say("service", raw, Level.LEFT, said + "one source's alerts are about one service here.")
        default = raw.get("default_route") or {}
        return Service(
            needed(raw, "id"), needed(raw, "name"), text(default, "escalation_chain_id"), text(raw, "team_id")
        )

    def source(self, raw: Raw) -> Source:
        kind = text(raw, "type")
        parts = [part for part in urlsplit(text(raw, "link")).path.split("/") if part]
        key = parts[-1] if len(parts) >= 3 and parts[-3] == "v1" else ""
        if kind == "inbound_email":
            self.say("source", raw, Level.CHANGED, "Mail has to be sent to another address.")
            return Source(needed(raw, "id"), needed(raw, "name"), "email", needed(raw, "id"))
        if kind not in DOORS:
            self.say("source", raw, Level.CHANGED, f"What {kind} sends is read by a mapping: see docs/webhooks.md.")
        if any(raw.get("templates", {}).get(name) for name in ("grouping_key", "resolve_signal", "acknowledge_signal")):
            self.say("source", raw, Level.LEFT, "Its templates for grouping and signals do not come over.")
        return Source(needed(raw, "id"), needed(raw, "name"), DOORS.get(kind, "webhook"), needed(raw, "id"), key=key)
