"""What is asked of PagerDuty's REST API, address by address; every answer may as well come from a file.

Addresses do not depend on the hour, so an export that broke off goes on the same day or the next, and can be read for
as long as it lasts: overrides are asked for by quarters of a year.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from ..answers import Answers, NotThere
from ..plain import at, rows

Raw = dict[str, Any]
PAGE, MOST = 100, 10_000  # beyond ``MOST`` PagerDuty refuses to turn the pages
QUARTERS = 6  # of overrides: this one, and more than a year ahead
TOLD_OF = {  # what has no like here is only told of: the address, and the name of the list in its answer
    "event orchestration": ("/event_orchestrations", "orchestrations"),
    "ruleset": ("/rulesets", "rulesets"),
    "business service": ("/business_services", "business_services"),
    "extension": ("/extensions", "extensions"),
    "webhook subscription": ("/webhook_subscriptions", "webhook_subscriptions"),
    "response play": ("/response_plays", "response_plays"),
    "incident workflow": ("/incident_workflows", "incident_workflows"),
    "status page": ("/status_pages", "status_pages"),
    "maintenance window": ("/maintenance_windows?filter=open", "maintenance_windows"),
    "maintenance window to come": ("/maintenance_windows?filter=future", "maintenance_windows"),
    "tag": ("/tags", "tags"),
}


def headers(key: str) -> dict[str, str]:
    return {
        "Authorization": f"Token token={key}",
        "Accept": "application/vnd.pagerduty+json;version=2",
        "Content-Type": "application/json",
        "X-Early-Access": "flexible-schedules-early-access",  # what schedules of the third version want
    }


def gather(ask: Answers, now: datetime) -> Raw:
    """Everything, by PagerDuty's own names. ``missing``: what was refused, each in a sentence."""
    missing: list[str] = []
    users = _list(ask, "/users?include[]=contact_methods&include[]=teams", "users", missing)
    for user in users:
        rules = f"/users/{_id(user)}/notification_rules?urgency=all&include[]=contact_methods"
        user["notification_rules"] = _list(ask, rules, "notification_rules", missing, turns=False)
    teams = _list(ask, "/teams", "teams", missing)
    for team in teams:
        team["members"] = _list(ask, f"/teams/{_id(team)}/members", "members", missing)
    services = _list(ask, "/services?include[]=integrations&include[]=teams", "services", missing)
    for service in services:
        service["integrations"] = [_integration(ask, service, one, missing) for one in rows(service, "integrations")]
    policies = "/escalation_policies?include[]=teams&include[]=escalation_rule_assignment_strategies"
    return {
        "users": users,
        "teams": teams,
        "schedules": [*_schedules(ask, now, missing), *_schedules_v3(ask, now, missing)],
        "escalation_policies": _list(ask, policies, "escalation_policies", missing),
        "services": services,
        "told_of": {kind: _list(ask, address, name, []) for kind, (address, name) in TOLD_OF.items()},
        "missing": missing,
    }


def _schedules(ask: Answers, now: datetime, missing: list[str]) -> Iterator[Raw]:
    """Each in its own zone: in another, summer time would be lost from its answer."""
    for one in _list(ask, "/schedules", "schedules", missing):
        address = f"/schedules/{_id(one)}?time_zone={quote(str(one.get('time_zone') or 'UTC'), safe='')}"
        schedule = _one(ask, address, "schedule", missing)
        if schedule is not None:
            yield schedule | {"overrides": _by_quarters(ask, f"/schedules/{_id(one)}", "overrides", now, missing)}


def _schedules_v3(ask: Answers, now: datetime, missing: list[str]) -> Iterator[Raw]:
    """Many accounts have none, and are told that they may not ask."""
    for one in _list(ask, "/v3/schedules", "schedules", []):
        schedule = _one(ask, f"/v3/schedules/{_id(one)}", "schedule", missing)
        if schedule is not None:
            its = f"/v3/schedules/{_id(one)}"
            more = {name: _by_quarters(ask, its, name, now, missing) for name in ("overrides", "custom_shifts")}
            yield {"rotations": [], **schedule, **more}


def _by_quarters(ask: Answers, schedule: str, name: str, now: datetime, missing: list[str]) -> list[Raw]:
    """Without ``overflow`` those that reach over an edge would be cut there."""
    found: dict[str, Raw] = {}
    v3 = schedule.startswith("/v3")
    first = now.year * 4 + (now.month - 1) // 3
    for quarter in range(first, first + QUARTERS):
        since, until = (f"{date(n // 4, n % 4 * 3 + 1, 1)}T00:00:00Z" for n in (quarter, quarter + 1))
        address = f"{schedule}/{name}?since={since}&until={until}{'' if v3 else '&overflow=true'}"
        for one in _list(ask, address, name, missing if quarter == first else [], turns=v3):
            found[str(sorted((key, str(value)) for key, value in one.items()))] = one
    return list(found.values())


def _integration(ask: Answers, service: Raw, one: Raw, missing: list[str]) -> Raw:
    """Its key is told only to who asks for it alone."""
    if "integration_key" in one or not ("_reference" in str(one.get("type")) or "events_api" in str(one.get("type"))):
        return one
    address = f"/services/{_id(service)}/integrations/{_id(one)}"
    return _one(ask, address, "integration", missing) or one


def _list(ask: Answers, address: str, name: str, missing: list[str], *, turns: bool = True) -> list[Raw]:
    """All pages of it. Of what is no list of objects nothing is taken."""
    found: list[Raw] = []
    for offset in range(0, MOST, PAGE):
        paged = f"{address}{'&' if '?' in address else '?'}limit={PAGE}&offset={offset}" if turns else address
        try:
            answer = ask(paged)
        except NotThere as why:
            missing.append(str(why))
            return found
        if not isinstance(at(answer, name), list):
            missing.append(f"The answer to {paged} has no list of {name}.")
            return found
        found += rows(answer, name)
        if not turns or not isinstance(answer, dict) or answer.get("more") is not True:
            return found
    missing.append(f"{address} has more than {MOST}: PagerDuty tells of no more.")
    return found


def _one(ask: Answers, address: str, name: str, missing: list[str]) -> Raw | None:
    try:
        answer = ask(address)
    except NotThere as why:
        missing.append(str(why))
        return None
    found = at(answer, name)
    if not isinstance(found, dict):
        missing.append(f"The answer to {address} has no {name}.")
        return None
    return found


def _id(one: Raw) -> str:
    return quote(str(one.get("id", "")), safe="")
