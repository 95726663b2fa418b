"""Everything that is asked of Opsgenie's API, or found in a folder of its backup tool, in one shape.

``{"users": [{user, contacts, rules}], "teams": [{team, routing}], "schedules": [{schedule, overrides}], "escalations",
"integrations", "services", "heartbeats", "left": {what it is: its objects}, "unread": [why]}``. Users have an ``id``.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from ..answers import Answers, Files, NotThere
from ..live import page
from ..plain import at, cleaned, rows, text

Raw = dict[str, Any]
_MOST_PAGES = 1000


def gather(ask: Answers) -> Raw:
    unread: list[str] = []

    def data(address: str) -> Any:
        try:
            return at(ask(address), "data")
        except NotThere as why:
            unread.append(str(why))
            return None

    def listed(address: str) -> list[dict[str, Any]]:
        return list(_pages(ask, address, unread))

    users = [_user(one, data) for one in listed("/v2/users?limit=100&offset=0&sort=username&order=ASC")]
    teams = [_team(one, data) for one in rows(data("/v2/teams"))]
    schedules = [
        {"schedule": one, "overrides": rows(data(f"/v2/schedules/{_id(one)}/overrides"))}
        for one in rows(data("/v2/schedules?expand=rotation"))
    ]
    return {
        "users": users,
        "teams": teams,
        "schedules": schedules,
        "escalations": rows(data("/v2/escalations")),
        "integrations": [
            {**one, **_object(data(f"/v2/integrations/{_id(one)}"))} for one in rows(data("/v2/integrations"))
        ],
        "services": listed("/v1/services?limit=100&offset=0"),
        "heartbeats": rows(data("/v2/heartbeats"), "heartbeats"),
        "left": {
            "alert policy": rows(data("/v2/policies/alert")),
            "forwarding": rows(data("/v2/forwarding-rules")),
            "maintenance": rows(data("/v1/maintenance?type=non-expired")),
            "custom role": rows(data("/v2/roles")),
        },
        "unread": unread,
    }


def _object(found: Any) -> Raw:
    return found if isinstance(found, dict) else {}


def _id(one: dict[str, Any]) -> str:
    return quote(text(one, "id"), safe="")


def _pages(ask: Answers, address: str, unread: list[str]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    while address and address not in seen and len(seen) < _MOST_PAGES:
        seen.add(address)
        try:
            answer = ask(address)
        except NotThere as why:
            unread.append(str(why))
            return
        yield from rows(answer, "data")
        following = text(answer, "paging", "next")
        address = page(following) if following else ""
    if address:
        unread.append(f"{address} goes on without an end: it is not asked further.")


def _user(user: dict[str, Any], data: Callable[[str], Any]) -> Raw:
    where = f"/v2/users/{_id(user)}"
    rules = [
        {**rule, **_object(data(f"{where}/notification-rules/{_id(rule)}"))}
        for rule in rows(data(f"{where}/notification-rules"))
    ]
    return {"user": user, "contacts": rows(data(f"{where}/contacts")), "rules": rules}


def _team(team: dict[str, Any], data: Callable[[str], Any]) -> Raw:
    where = f"/v2/teams/{_id(team)}"
    return {"team": {**team, **_object(data(where))}, "routing": rows(data(f"{where}/routing-rules"))}


# --- the backup tool ------------------------------------------------------------------------------


def from_backup(files: Files) -> Raw | None:
    """One file for each thing, in folders by kind. None: these files are something else."""
    found: dict[str, list[Any]] = {}
    for name in files:
        folder = name.rpartition("/")[0].rpartition("/")[2]
        if name.endswith(".json") and folder in _FOLDERS:
            found.setdefault(folder, []).append(cleaned(files.json(name)))
    if not found:
        return None
    return {
        "users": [_backed_up_user(one) for one in rows(found.get("users"))],
        "teams": [
            {"team": at(one, "team"), "routing": rows(one, "teamRoutingRules")} for one in rows(found.get("teams"))
        ],
        "schedules": [
            {"schedule": at(one, "schedule"), "overrides": rows(one, "scheduleOverrideList")}
            for one in rows(found.get("schedules"))
        ],
        "escalations": rows(found.get("escalations")),
        "integrations": rows(found.get("integrations")),
        "services": [],
        "heartbeats": [],
        "left": {
            "alert policy": [*rows(found.get("policies")), *rows(found.get("policiesV2"))],
            "forwarding": rows(found.get("forwardings")),
            "custom role": rows(found.get("customUserRoles")),
        },
        "unread": ["A backup of that tool has no services and no heartbeats."],
    }


_FOLDERS = [
    "users",
    "teams",
    "schedules",
    "escalations",
    "integrations",
    "forwardings",
    "customUserRoles",
    "policies",
    "policiesV2",
    "orders",
]


def _backed_up_user(one: dict[str, Any]) -> Raw:
    user = _object(at(one, "user"))
    return {"user": user, "contacts": rows(user, "userContacts"), "rules": rows(one, "notificationRuleList")}
