"""Who is who in an account, and where a team's alerts go. Pure."""

from dataclasses import dataclass
from typing import Any

from ..plain import at, rows, text

Raw = dict[str, Any]


def words_of(one: Any) -> str:
    """What it is called there."""
    for name in ("name", "fullName", "username", "alias", "id"):
        if found := text(one, name):
            return found
    return "without a name"


@dataclass(frozen=True)
class Routing:
    """A team's default rule: ``kind`` schedule, escalation or none. ``others`` are the rules before it."""

    kind: str = "none"
    target: str = ""
    others: tuple[Raw, ...] = ()

    @property
    def policy(self) -> str:
        """The record of a policy that does the same; empty: there is none."""
        return {"escalation": self.target, "schedule": f"schedule:{self.target}"}.get(self.kind, "")


class Directory:
    """``wanted_beside`` grows while escalations are read: schedules whose next or previous turn is called."""

    def __init__(self, raw: Raw):
        self.wanted_beside: set[str] = set()
        users = [one["user"] for one in rows(raw, "users") if isinstance(one.get("user"), dict)]
        self._ids = {text(user, "username").casefold(): person_id(user) for user in users}
        self._teams = {text(one, "team", "id"): one for one in rows(raw, "teams")}
        self._by_name = {text(one, "team", "name"): key for key, one in self._teams.items()}
        self._schedules = {text(one, "schedule", "id"): words_of(one.get("schedule")) for one in rows(raw, "schedules")}
        self.escalations = {text(one, "id"): one for one in rows(raw, "escalations")}

    def user(self, who: Any) -> str:
        """By the address, since ids are others in another region. Whoever has none any more is known by the bare id."""
        name = text(who, "username") or (text(who, "name") if "@" in text(who, "name") else "")
        return self._ids.get(name.casefold()) or text(who, "id") or name or "unknown"

    def team(self, who: Any) -> str:
        return (
            text(who, "id") if text(who, "id") in self._teams else self._by_name.get(text(who, "name"), text(who, "id"))
        )

    def team_name(self, team: str) -> str:
        return text(self._teams.get(team), "team", "name") or team

    @property
    def teams(self) -> list[str]:
        return list(self._teams)

    def schedule_name(self, schedule: str) -> str:
        return self._schedules.get(schedule, schedule)

    def members(self, team: str) -> list[tuple[str, str]]:
        """(person, role) of each."""
        found = rows(self._teams.get(team), "team", "members")
        return list({self.user(one.get("user")): text(one, "role").casefold() for one in found}.items())

    def routing(self, team: str) -> Routing:
        rules = sorted(rows(self._teams.get(team), "routing"), key=order_of)
        default = next((rule for rule in rules if rule.get("isDefault") is True), None)
        others = tuple(rule for rule in rules if rule is not default and rule.get("enabled") is not False)
        if default is None:
            return Routing(others=others)
        return Routing(text(default, "notify", "type") or "none", text(default, "notify", "id"), others)

    def schedules_routed_to(self) -> list[str]:
        found = (self.routing(team) for team in self._teams)
        return list(dict.fromkeys(routing.target for routing in found if routing.kind == "schedule"))

    def solo(self, escalation: str) -> dict[str, Any] | None:
        """The one user whom an escalation calls; None if it calls others, or more."""
        rules = rows(self.escalations.get(escalation), "rules")
        found = {self.user(rule.get("recipient")): rule.get("recipient") for rule in rules}
        alone = len(found) == 1 and all(text(rule, "recipient", "type") == "user" for rule in rules)
        return next(iter(found.values())) if alone else None


def person_id(user: Any) -> str:
    return text(user, "id") or text(user, "username")


def order_of(rule: Any) -> int:
    """Of several rules that with the lowest is first."""
    found = at(rule, "order")
    return found if isinstance(found, int) else 0
