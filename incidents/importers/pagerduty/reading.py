"""PagerDuty's answers as records: people, teams, policies, services and their doors. Pure; see ``schedules`` too.

Whatever does not come over, or comes over otherwise, is said in a note; what cannot be read at all is left out, alone.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..careful import Careful
from ..plain import needed
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
CHANNELS = {"sms_contact_method": "sms", "phone_contact_method": "voice"}
WATCHES = ("read_only_user", "read_only_limited_user", "observer", "restricted_access")
DOORS = {"events_api_v2_inbound_integration": "pagerduty", "generic_events_api_inbound_integration": "pagerduty"}
KINDS = {  # what an integration is called there → the kind of source that takes the like here
    "nagios_inbound_integration": "webhook",
    "aws_cloudwatch_inbound_integration": "webhook",
    "pingdom_inbound_integration": "webhook",
    "event_transformer_api_inbound_integration": "webhook",
    "generic_email_inbound_integration": "email",
}


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
            self.say(
                "person", raw, Level.CHANGED, f"The time zone “{raw.get('time_zone')}” is not known: it is UTC here."
            )
        if raw.get("role") in ("owner", "admin"):
            self.say("person", raw, Level.CHANGED, "Is an admin there. Nobody becomes an admin by an import.")
        elif raw.get("role") in WATCHES:
            self.say(
                "person", raw, Level.CHANGED, "May only look there. What somebody may do here goes by their teams."
            )
        methods = {one["id"]: one for one in raw.get("contact_methods") or []}
        ways = tuple(way for one in methods.values() if (way := self._way(raw, one)) is not None)
        chimes = tuple(self._chimes(raw, methods, {way.id for way in ways}))
        return Person(
            needed(raw, "id"), needed(raw, "email"), _name(raw), there.key if there else "UTC", ways=ways, chimes=chimes
        )

    def _way(self, raw: Raw, method: Raw) -> Way | None:
        kind, label = method["type"].removesuffix("_reference"), str(method.get("label") or method.get("summary") or "")
        if kind in CHANNELS:
            number = f"+{method['country_code']}{method['address']}"
            if method.get("blacklisted") or method.get("enabled") is False:
                self.say("person", raw, Level.LEFT, f"{label or number} is blocked or switched off there.")
                return None
            return Way(str(method["id"]), CHANNELS[kind], number, label)
        if kind != "email_contact_method":
            what = kind.removesuffix("_contact_method").replace("_", " ")
            self.say("person", raw, Level.LEFT, f"{label or what}: {what} has to be set up here by the person.")
        elif str(method["address"]).casefold() != str(raw["email"]).casefold():
            self.say("person", raw, Level.CHANGED, "What went to another e-mail address goes to the account's.")
        return None

    def _chimes(self, raw: Raw, methods: dict[str, Raw], ways: set[str]) -> Iterator[Chime]:
        """Minutes are from the call, there as here."""
        urgencies = {"high": "loud", "low": "quiet"}
        seen: set[str] = set()
        for rule in sorted(raw.get("notification_rules") or [], key=lambda rule: rule["start_delay_in_minutes"]):
            method = methods.get(rule["contact_method"]["id"], rule["contact_method"])
            minutes, urgency = int(rule["start_delay_in_minutes"]), urgencies[rule["urgency"]]
            email = method["type"].startswith("email")
            if (not email and method["id"] not in ways) or minutes > MOST_MINUTES:
                text = f"Its rule “{method.get('label') or method['type']}, {minutes} minutes” ({urgency}) is left out."
                self.say("person", raw, Level.LEFT, text)
                continue
            seen.add(urgency)
            yield Chime(urgency, minutes, "" if email else str(method["id"]))
        for urgency in ("loud", "quiet"):
            if urgency not in seen:
                text = f"No rule for what is {urgency} comes over: the account's e-mail is told at once."
                self.say("person", raw, Level.CHANGED, text)

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
        for level, text in notes:
            self.say("schedule", raw, level, text)
        return found

    # --- policies ----------------------------------------------------------------------------

    def policy(self, raw: Raw) -> Policy:
        """The delay of a rule is how long it waits before the next one; the last's, before the next round."""
        steps: dict[int, dict[Target, None]] = {}
        minute = delay = 0
        for rule in raw["escalation_rules"]:
            minute, delay = minute + delay, int(rule["escalation_delay_in_minutes"])
            steps.setdefault(minute, {}).update((_target(one), None) for one in rule["targets"])
            if _strategy(rule) == "round_robin":
                text = f"At {minute} minutes one after the other would have a turn: here all of them are called."
                self.say("policy", raw, Level.CHANGED, text)
        its = tuple(Step(minute, tuple(targets)) for minute, targets in steps.items())
        rounds = int(raw.get("num_loops") or 0) + 1
        return Policy(str(raw["id"]), _name(raw), its, rounds, delay, _team(raw))

    # --- services ----------------------------------------------------------------------------

    def service(self, raw: Raw) -> Service:
        for level, text in _of_service(raw):
            self.say("service", raw, level, text)
        policy = raw.get("escalation_policy") or {}
        return Service(
            str(raw["id"]), _name(raw), str(policy.get("id", "")), _team(raw), enabled=raw.get("status") != "disabled"
        )

    def _sources(self, service: Raw) -> Iterator[Source]:
        def read(raw: Raw) -> Source:
            kind = str(raw["type"]).removesuffix("_reference")
            name = f"{_name(service)}: {_name(raw)}"
            if kind in DOORS:
                key = str(raw.get("integration_key") or "")
                if not key:
                    self.say("source", raw, Level.CHANGED, "Its key was not told: its senders need a new one.")
                return Source(str(raw["id"]), name, DOORS[kind], str(service["id"]), key=key)
            ours = KINDS.get(kind, "webhook")
            what = (
                "Mail has to be sent to another address"
                if ours == "email"
                else "Its senders need this source's address"
            )
            self.say(
                "source", raw, Level.CHANGED, f"{what}; {kind.removesuffix('_inbound_integration')} is read otherwise."
            )
            return Source(str(raw["id"]), name, ours, str(service["id"]))

        yield from self.each("source", service.get("integrations") or [], read)


def _of_service(raw: Raw) -> Iterator[tuple[Level, str]]:
    if raw.get("auto_resolve_timeout"):
        yield (
            Level.LEFT,
            f"It resolves by itself after {int(raw['auto_resolve_timeout']) // 60} minutes; nothing does here.",
        )
    if raw.get("acknowledgement_timeout"):
        minutes = int(raw["acknowledgement_timeout"]) // 60
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
