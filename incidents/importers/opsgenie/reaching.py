"""People, the ways they are reached by, and their rules. Pure."""

from collections.abc import Callable, Iterator

from .. import records
from ..plain import at, needed, number, rows, text
from ..records import Level, Note
from .directory import Raw, order_of, person_id, words_of

_CHANNELS = {"sms": "sms", "voice": "voice", "email": "email", "mobile": "mobile"}
_PLAIN_ROLES = ("user", "owner", "admin")
_URGENCIES = {"loud": {"P1", "P2"}, "quiet": {"P3", "P4", "P5"}}
_ALL = {"P1", "P2", "P3", "P4", "P5"}
_MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}

Say = Callable[..., None]


def person(one: Raw, notes: list[Note]) -> records.Person:
    user = one["user"]
    email = needed(user, "username")

    def say(said: str, level: Level = Level.CHANGED) -> None:
        notes.append(Note("person", person_id(user), words_of(user), level, said))

    role = text(user, "role", "name")
    if role.casefold() in ("owner", "admin"):
        say(f"{role} there. Nobody becomes an admin by an import: Admin, People.", Level.NOTE)
    elif role.casefold() not in _PLAIN_ROLES:
        say(f"{role or 'Without a role'} there; here an account like any other, which sees what its teams see.")
    blocked = user.get("blocked") is True
    if blocked:
        say("Blocked there: the account is not active here, and nobody is called by it.")
    ways = dict(_ways(one, email, say))
    return records.Person(
        id=person_id(user),
        email=email,
        name=text(user, "fullName") or email,
        time_zone=text(user, "timeZone") or "UTC",
        active=not blocked,
        ways=tuple(dict.fromkeys(way for way in ways.values() if way is not None)),
        chimes=tuple(_chimes(one, ways, say)),
    )


def _ways(one: Raw, email: str, say: Say) -> Iterator[tuple[tuple[str, str], records.Way | None]]:
    """By (method, address as there); None stands for the account's own e-mail."""
    for contact in rows(one, "contacts"):
        method = _CHANNELS.get((text(contact, "method") or text(contact, "contactMethod")).casefold(), "")
        there = text(contact, "to")
        if method == "email" and there.casefold() == email.casefold():
            yield (method, there), None
        elif method == "mobile" or not method:
            say(f"{there or 'A contact'}: a device has to be enrolled anew, under How Baton reaches you.", Level.LEFT)
        elif at(contact, "status", "enabled") is False or contact.get("enabled") is False:
            say(f"A way by {method} is disabled there, and does not come over.", Level.LEFT)
        else:
            address = _mailbox(there) if method == "email" else _number(there)
            if address is None:
                say(f"An address for {method} is not understood.", Level.LEFT)
            else:
                yield (method, there), records.Way(f"{method} {address}", method, address)


def _mailbox(there: str) -> str | None:
    return there if 3 <= len(there) <= 254 and "@" in there[1:-1] and not set(there) & set(" ,;<>") else None


def _number(there: str) -> str | None:
    """E.164 of ``33-612345678``."""
    digits = "".join(letter for letter in there if letter.isdigit())
    return f"+{digits}" if 7 <= len(digits) <= 15 and digits[0] != "0" else None


# --- rules ----------------------------------------------------------------------------------------


def _chimes(one: Raw, ways: dict[tuple[str, str], records.Way | None], say: Say) -> Iterator[records.Chime]:
    rules = [rule for rule in rows(one, "rules") if rule.get("enabled") is not False]
    kinds = {text(rule, "actionType") for rule in rules} - {"create-alert"}
    if kinds & {"schedule-start", "schedule-end"}:
        say("Reminders of shifts are everybody's own to choose: Preferences.")
    if others := kinds - {"schedule-start", "schedule-end"}:
        say(f"Rules for {', '.join(sorted(others))} do not come over.", Level.LEFT)
    calls = sorted(
        (rule for rule in rules if text(rule, "actionType") == "create-alert"),
        key=order_of,
    )
    matched = [(rule, _priorities(rule, say)) for rule in calls]
    for urgency, wanted in _URGENCIES.items():
        rule = next((rule for rule, found in matched if found >= wanted), None)
        rule = rule or next((rule for rule, found in matched if found & wanted), None)
        if rule is not None:
            yield from _steps(rule, urgency, ways, say)


def _priorities(rule: Raw, say: Say) -> set[str]:
    criteria = rule.get("criteria")
    conditions = rows(criteria, "conditions")
    if text(criteria, "type") in ("", "match-all") or not conditions:
        return _ALL
    equal = all(text(one, "field") == "priority" and text(one, "operation") == "equals" for one in conditions)
    if not equal or any(one.get("not") is True for one in conditions):
        say(f"The conditions of the rule “{words_of(rule)}” do not come over: it is for all alerts.")
        return _ALL
    return {text(one, "expectedValue").upper() for one in conditions}


def _steps(
    rule: Raw, urgency: str, ways: dict[tuple[str, str], records.Way | None], say: Say
) -> Iterator[records.Chime]:
    if at(rule, "repeat", "enabled") is True:
        say(f"The rule “{words_of(rule)}” repeats there; here it does not.")
    for step in rows(rule, "steps"):
        if step.get("enabled") is False:
            continue
        unit = _MINUTES.get(text(step, "sendAfter", "timeUnit") or "minutes")
        minutes = number(step, "sendAfter", "timeAmount", default=0) * (unit or 0)
        if unit is None or minutes > 24 * 60:
            say(f"A step of the rule “{words_of(rule)}” is later than one here may be.", Level.LEFT)
            continue
        key = (text(step, "contact", "method").casefold(), text(step, "contact", "to"))
        if key in ways:
            way = ways[key]
            yield records.Chime(urgency, minutes, way.id if way is not None else "")
