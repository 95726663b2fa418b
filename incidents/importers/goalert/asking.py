"""The questions that GoAlert is asked: one document of GraphQL, for one page of one connection at a time.

It is one document because an API key of GoAlert answers one and no other, to the byte: an admin there makes the key
from ``DOCUMENT``. Which connection is asked for, and from which page on, are variables.

Whoever has no such key signs in with a name and a password. Their session is asked for older servers' fields too,
where the newer ones are not known.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from escalation.kit import outbound
from escalation.kit.errors import Refused

from ..answers import Answers, Files, NotThere
from ..live import Api
from ..plain import at as below
from ..plain import rows, text
from .shapes import CONNECTIONS, Json, nodes

MOST = 150  # nodes a page, which GoAlert does not exceed
MOST_PAGES = 2000
LOGIN = "/api/v2/identity/providers/basic?noRedirect=1"
SESSION = re.compile(r"(goalert_session[^=;,\s]*=[^;,\s]+)")
UNKNOWN = "Cannot query field"

_NEWER = {"way": "dest { type args }", "actions": "multiAck actions { type args }", "muted": " muted"}
_OLDER = {"way": "type value", "actions": "targets { id type name }", "muted": ""}
_FIELDS = {
    "users": """
      id name email role
      contactMethods { id name disabled pending %(way)s }
      notificationRules { id delayMinutes contactMethodID }""",
    "rotations": """
      id name timeZone start type shiftLength userIDs activeUserIndex nextHandoffTimes(num: 1)""",
    "schedules": """
      id name timeZone
      targets { target { id type name } rules { start end weekdayFilter } }
      temporarySchedules { start end shifts { userID start end } }
      onCallNotificationRules { id }""",
    "userOverrides": """
      id start end addUserID removeUserID target { id type }""",
    "escalationPolicies": """
      id name repeat steps { id stepNumber delayMinutes %(actions)s }""",
    "services": """
      id name escalationPolicyID maintenanceExpiresAt
      labels { key value }
      integrationKeys { id name type href }
      heartbeatMonitors { id name timeoutMinutes href%(muted)s }""",
}


def _document(fields: Mapping[str, str]) -> str:
    switches = ",\n  ".join(f"${name}: Boolean!" for name in CONNECTIONS)
    parts = (
        f"  {name}(input: {{first: {MOST}, after: $after}}) @include(if: ${name}) {{\n"
        f"    nodes {{{_FIELDS[name] % fields}\n    }}\n"
        "    pageInfo { hasNextPage endCursor }\n  }\n"
        for name in CONNECTIONS
    )
    return f"query BatonExport(\n  {switches},\n  $after: String\n) {{\n{''.join(parts)}}}"


DOCUMENT = _document(_NEWER)
OLDER = _document(_OLDER)


# --- live ---------------------------------------------------------------------------------------------------------


class Asking:
    """The answers of a live server. ``key``: of an API key, or a name and a password with a colon between them."""

    def __init__(self, api: Api, key: str):
        self.api, self.document = api, DOCUMENT
        self.bound = ":" not in key
        api.headers = {"Content-Type": "application/json", **self._who(key)}

    def _who(self, key: str) -> dict[str, str]:
        if self.bound:
            return {"Authorization": f"Bearer {key}"}
        name, _colon, password = key.partition(":")
        base = self.api.base + self.api.prefix
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": base + "/"}
        body = urlencode({"username": name, "password": password}).encode()
        try:
            answer = outbound.send("POST", base + LOGIN, body=body, headers=headers)
        except outbound.OutboundError as why:
            raise Refused(f"{self.api.base}: {why}") from None
        session = SESSION.search(answer.headers.get("Set-Cookie", ""))
        if answer.status >= 400 or session is None:
            raise Refused(f"{self.api.base} does not sign in {name} with this password ({answer.status}).")
        return {"Cookie": session[1], "Referer": base + "/"}

    def __call__(self, address: str) -> Any:
        """``/users``, or ``/users?after=…`` for a further page."""
        parts = urlsplit(address)
        wanted = parts.path.strip("/")
        after = parse_qs(parts.query).get("after", [""])[0]
        variables = {name: name == wanted for name in CONNECTIONS} | {"after": after}
        answer = self._asked(variables)
        if not self.bound and self.document is DOCUMENT and any(UNKNOWN in one for one in _errors(answer)):
            self.document = OLDER
            answer = self._asked(variables)
        if said := _errors(answer):
            raise Refused(f"{self.api.base} does not answer for {wanted}: {said[0]}")
        return answer

    def _asked(self, variables: Mapping[str, Any]) -> Any:
        body = {"operationName": "BatonExport", "query": self.document, "variables": variables}
        try:
            return self.api.ask("POST", "/api/graphql", json.dumps(body).encode())
        except NotThere as why:
            raise Refused(f"{self.api.base} does not answer: {why} Was its key made from this very query?") from None


def _errors(answer: Any) -> list[str]:
    """GoAlert says what went wrong in a 200 too."""
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict | None):
        return ["it is not an answer of GraphQL."]
    found = [text(one.get("message"))[:300] or "no reason is said." for one in rows(answer.get("errors"))]
    return found if found or answer.get("data") else ["it has no data."]


# --- gathering ----------------------------------------------------------------------------------------------------


def gathered(ask: Answers) -> dict[str, list[Json]]:
    """Every node of every connection, page by page."""
    return {name: nodes(_pages(ask, name), name) for name in CONNECTIONS}


def _pages(ask: Answers, name: str) -> Iterator[Json]:
    address = f"/{name}"
    for _page in range(MOST_PAGES):
        try:
            data = _data(ask(address))
        except NotThere as why:
            raise Refused(f"{why} It is not whole.") from None
        if not isinstance(below(data, name, "nodes"), list):
            raise Refused(f"The answer to {address} has no {name}.")
        yield data
        after = text(data, name, "pageInfo", "endCursor")
        if below(data, name, "pageInfo", "hasNextPage") is not True or not after:
            return
        address = f"/{name}?{urlencode({'after': after})}"
    raise Refused(f"GoAlert says without end that there are more {name}.")


def in_files(files: Files) -> dict[str, list[Json]]:
    """Of answers that somebody saved, whatever they are called: one page of one thing, or all in one."""
    pages = [_data(files.json(name)) for name in files if name.endswith(".json")]
    there = {name for name in CONNECTIONS if any(isinstance(below(page, name, "nodes"), list) for page in pages)}
    if there and (lost := [name for name in CONNECTIONS if name not in there]):
        raise Refused(f"{files.path} is not whole: it has no answer with {', '.join(lost)}.")
    return {name: nodes(pages, name) for name in CONNECTIONS}


def _data(answer: Any) -> Json:
    data = below(answer, "data")
    return data if isinstance(data, dict) else {}
