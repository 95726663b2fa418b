"""PagerDuty's answers as records: people, teams, policies, services and their doors. Pure; see ``schedules`` too.

Whatever does not come over, or comes over otherwise, is said in a note; what cannot be read at all is left out, alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..careful import Careful
from ..plain import needed, number, rows, text
from ..records import (
    Calls,
    Chime,
    Level,
    Organisation,
    Person,
    Policy,
    Service,
    Source,
    Step,
    Target,
    Team,
    Way,
)
from . import schedules
from .zones import zone

Raw = dict[str, Any]
MOST_MINUTES = 24 * 60  # of a notification rule here
CHANNELS = {"sms": "sms", "phone": "voice"}
WATCHES = ("read_only_user", "read_only_limited_user", "observer", "restricted_access")
EVENTS = ("events_api_v2", "generic_events_api")  # integrations that speak the Events API
URGENCIES = {"high": "loud", "low": "quiet"}


def read(raw: Raw, now: datetime) -> Organisation:
    return Reader(raw, now).read()


class Reader(Careful):
    def __init__(self, raw: Raw, now: datetime):
        super().__init__()
        self.raw, self.now = raw, now

    def read(self) -> Organisation:
        people = tuple(self.each("person", self.raw["users"], self.person))
        teams = tuple(self.each("team", self.raw["teams"], self.team))
        schedules = tuple(self.each("schedule", self.raw["schedules"], self.schedule))
        policies = tuple(self.each("policy", self.raw["escalation_policies"], self.policy))
        services = tuple(self.each("service", self.raw["services"], self.service))
        sources = tuple(source for service in self.raw["services"] for source in self._sources(service))
        self.tell("PagerDuty", self.raw)
        return Organisation(people, teams, schedules, policies, services, sources, notes=tuple(self.told))

    # --- people ------------------------------------------------------------------------------

    def person(self, raw: Raw) -> Person:
        there = zone(raw.get("time_zone"))
        if there is None:
            words = f"The time zone “{raw.get('time_zone')}” is not known: it is UTC here."
            self.say("person", raw, Level.CHANGED, words)
        if raw.get("role") in ("owner", "admin"):
            self.say("person", raw, Level.CHANGED, "Is an admin there. Nobody becomes an admin by an import.")
        elif raw.get("role") in WATCHES:
            words = "May only look there. What somebody may do here goes by their teams."
            self.say("person", raw, Level.CHANGED, words)
        methods = {text(one, "id"): one for one in rows(raw, "contact_methods")}
        ways: dict[tuple[str, str], Way] = {}  # there may be two of one number
        known = {id: self._way(raw, method, ways) for id, method in methods.items()}
        chimes = tuple(self._chimes(raw, methods, known))
        zone_name = there.key if there else "UTC"
        return Person(
            needed(raw, "id"), needed(raw, "email"), _name(raw), zone_name, ways=tuple(ways.values()), chimes=chimes
        )

    def _way(self, raw: Raw, method: Raw, ways: dict[tuple[str, str], Way]) -> str | None:
        """The id of the way that it is here; empty if it is the account's e-mail, None if it is none."""
        kind = text(method, "type").removesuffix("_reference").removesuffix("_contact_method")
        label = text(method, "label") or text(method, "summary") or kind
        if kind == "email":
            if text(method, "address").casefold() not in ("", text(raw, "email").casefold()):
                self.say("person", raw, Level.CHANGED, "What went to another e-mail address goes to the account's.")
            return ""
        if kind not in CHANNELS:
            words = f"{label}: {kind.replace('_', ' ')} has to be set up here by the person."
        elif method.get("blacklisted") or method.get("enabled") is False:
            words = f"{label}: {kind} is blocked or switched off there."
        elif not text(method, "country_code") or not text(method, "address"):
            words = f"{label}: {kind} has no number."
        else:
            number = f"+{text(method, 'country_code')}{text(method, 'address')}"
            way = Way(text(method, "id"), CHANNELS[kind], number, label)
            return ways.setdefault((way.channel, way.address), way).id
        self.say("person", raw, Level.LEFT, words)
        return None

    def _chimes(self, raw: Raw, methods: dict[str, Raw], ways: dict[str, str | None]) -> Iterator[Chime]:
        """Minutes are from the call, there as here."""
        seen: set[str] = set()
        rules = rows(raw, "notification_rules")
        for rule in sorted(rules, key=lambda rule: number(rule, "start_delay_in_minutes")):
            id, minutes = text(rule, "contact_method", "id"), number(rule, "start_delay_in_minutes")
            urgency, way = URGENCIES[text(rule, "urgency")], ways.get(id)
            if way is None or minutes > MOST_MINUTES:
                name = text(methods.get(id), "label") or id
                words = f"The rule “{name}, {minutes} minutes” ({urgency}) does not come over."
                self.say("person", raw, Level.LEFT, words)
                continue
            seen.add(urgency)
            yield Chime(urgency, minutes, way)
        for urgency in URGENCIES.values():
            if urgency not in seen:
                words = f"No rule for what is {urgency} comes over: the account's e-mail is told at once."
                self.say("person", raw, Level.CHANGED, words)

    def team(self, raw: Raw) -> Team:
        by_role: dict[str, list[str]] = {"manager": [], "responder": [], "observer": []}
        for member in raw.get("members") or []:
            by_role[member.get("role") or "responder"].append(str(member["user"]["id"]))
        if by_role["observer"]:
            self.say("team", raw, Level.LEFT, f"{len(by_role['observer'])} who only observe are not members here.")
        return Team(str(raw["id"]), _name(raw), tuple(by_role["responder"]), tuple(by_role["manager"]))

    def schedule(self, raw: Raw) -> Any:
        known = {str(one.get("id")) for one in self.raw["users"]}
        found, notes = schedules.read(raw, known, self.now)
        for level, words in notes:
            self.say("schedule", raw, level, words)
        return found

    # --- policies ----------------------------------------------------------------------------

    def policy(self, raw: Raw) -> Policy:
        """The delay of a rule is how long it waits before the next one; the last's, before the next round.

        A rule that calls nobody is passed over at once, there as here.
        """
        steps: dict[int, dict[Target, None]] = {}
        minute = delay = 0
        for place, rule in enumerate(raw["escalation_rules"], start=1):
            if not rule["targets"]:
                self.say("policy", raw, Level.LEFT, f"Its rule {place} calls nobody: it is passed over at once.")
                continue
            minute, delay = minute + delay, number(rule, "escalation_delay_in_minutes")
            steps.setdefault(minute, {}).update((_target(one), None) for one in rule["targets"])
            if _strategy(rule) == "round_robin":
                words = f"At {minute} minutes one after the other would have a turn: here all of them are called."
                self.say("policy", raw, Level.CHANGED, words)
        its = tuple(Step(minute, tuple(targets)) for minute, targets in steps.items())
        rounds = number(raw, "num_loops", default=0) + 1
        return Policy(str(raw["id"]), _name(raw), its, rounds, delay, _team(raw))

    # --- services ----------------------------------------------------------------------------

    def service(self, raw: Raw) -> Service:
        for level, words in _of_service(raw):
            self.say("service", raw, level, words)
        policy = raw.get("escalation_policy") or {}
        return Service(
            str(raw["id"]), _name(raw), str(policy.get("id", "")), _team(raw), enabled=raw.get("status") != "disabled"
        )

    def _sources(self, service: Raw) -> Iterator[Source]:
        def read(raw: Raw) -> Source:
            kind = needed(raw, "type").removesuffix("_reference").removesuffix("_inbound_integration")
            source = Source(needed(raw, "id"), f"{_name(service)}: {_name(raw)}", "pagerduty", needed(service, "id"))
            if kind in EVENTS:
                if not text(raw, "integration_key"):
                    self.say("source", raw, Level.CHANGED, "Its key was not told: its senders need a new one.")
                return replace(source, key=text(raw, "integration_key"))
            if kind == "generic_email":
                self.say("source", raw, Level.CHANGED, "Mail has to be sent to another address.")
                return replace(source, kind="email")
            words = f"Its senders need another address, and what {kind} sends a mapping: see docs/webhooks.md."
            self.say("source", raw, Level.CHANGED, words)
            return replace(source, kind="webhook")

        yield from self.each("source", rows(service, "integrations"), read)


def _of_service(raw: Raw) -> Iterator[tuple[Level, str]]:
    if raw.get("auto_resolve_timeout"):
        minutes = number(raw, "auto_resolve_timeout", most=10**9) // 60
        yield Level.LEFT, f"It resolves by itself after {minutes} minutes; nothing does here."
    if raw.get("acknowledgement_timeout"):
        minutes = number(raw, "acknowledgement_timeout", most=10**9) // 60
        yield Level.LEFT, f"An acknowledgement ends after {minutes} minutes there. Here the tiers' work limits say so."
    rule = raw.get("incident_urgency_rule") or {}
    if rule.get("type") == "use_support_hours":
        yield Level.LEFT, "Its urgency goes by support hours; here it goes by the severity alone."
    elif rule.get("urgency") not in (None, "severity_based"):
        yield Level.CHANGED, f"All it has is of {rule['urgency']} urgency; here that goes by the severity."
    grouping = (raw.get("alert_grouping_parameters") or {}).get("type")
    if grouping:
        yield Level.LEFT, f"It groups alerts ({grouping}); here alerts of one key are one incident."
    if len(raw.get("teams") or []) > 1:
        yield Level.CHANGED, "It has several teams there; the first one has it here."


def _strategy(rule: Raw) -> str:
    said = rule.get("escalation_rule_assignment_strategy")
    return str(said.get("type") if isinstance(said, dict) else said)


def _target(raw: Raw) -> Target:
    kind = str(raw["type"])
    if kind.startswith("user"):
        return Target(Calls.PERSON, str(raw["id"]))
    if kind.startswith("schedule"):
        return Target(Calls.SCHEDULE, str(raw["id"]))
    raise ValueError(f"calls a {kind}")


def _team(raw: Raw) -> str:
    teams = raw.get("teams") or []
    return str(teams[0]["id"]) if teams else ""


def _name(raw: Raw) -> str:
    return str(raw.get("name") or raw.get("summary") or raw.get("id") or "")
