"""A day with real processes at LOG_LEVEL=DEBUG, and providers that quote what they were shown: no secret is found
afterwards in any log, table, page, export or answer. Each is looked for plain and in four other forms."""

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import partial

import pytest

from tests.canary import signing
from tests.canary.nest import names
from tests.canary.post import Post
from tests.canary.singing import Echo, canary, forms, sings
from tests.processes import Baton, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.sqlite_enough,
    pytest.mark.enable_socket,
    pytest.mark.timeout(240),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]
MOST_PAGES = 90
FIRST = (
    "/admin/",
    "/configuration/",
    "/reach/",
    "/calendars/",
    "/absences/",
    "/tokens/",
    "/readiness/",
    "/queue/?scope=all",
)
_NEW_PASSWORD = re.compile(rb"/password/new/\w+/(?!set-password)[\w-]{20,}")
_LINK = re.compile(rb'href="(/[^"#]*)"')
_LEFT_OUT = re.compile(r"/(static|logout|admin/jsi18n|admin/logout|wall|live)|/(delete|history|add)/$")


@pytest.fixture
def echo():
    one = Echo()
    yield one
    one.close()


def test_every_form_is_found():
    """Or the day below would prove nothing."""
    secret = canary("here")
    for form, called in forms(secret).items():
        assert sings({"here": secret}, [("there", b"before" + form + b"after")]), called
    assert set(forms(secret).values()) == {"plain", "hex", "base64"}  # its JSON and quoted forms are the plain one
    assert set(forms('a "secret"/').values()) == {"plain", "JSON", "quoted", "hex", "base64"}


def test_no_secret_is_found_after_a_day(tmp_path, echo):
    of_env = {name: canary(name.rpartition("_")[2].lower()) for name in ENVIRONMENT}
    own, post = names(), Post()
    env = {name: before.replace("@", echo.url) + of_env[name] + after for name, (before, after) in ENVIRONMENT.items()}
    with Baton(tmp_path, **env, **settings_of(echo.url), **post.settings) as baton:
        words = f"from tests.canary.nest import furnish; furnish({echo.url!r}, {own!r})"
        told = json.loads(baton.manage("shell", "-v", "0", "-c", words).partition("made=")[2])
        wrong = {
            name: canary(name) for name in ("wrongkey", "wrongtoken", "wrongpassword", "wrongsession", "wrongcode")
        }
        secrets = {**of_env, **own, **told["secrets"], **wrong}
        day = Day(baton.url, told)
        day.goes_by(secrets)
        post.brings(secrets["key of email"])
        signing.everybody_comes_in(baton.url, secrets, told, signing.code_of)
        day.answers += signing.by_another_systems_word(baton.url, secrets, echo)
        tried = "SELECT count(*) FROM engine_delivery WHERE attempts > 0"
        wait_for(lambda: baton.database.rows(tried)[0][0] >= 8, seconds=60, why=baton.output[-3000:])
        for name in ("way", "topic", "webhook", "header", "room", "calendar", "BATON_SMS_TOKEN", "BATON_NTFY_TOKEN"):
            is_used(name, secrets[name], echo, baton)
        wait_for(lambda: baton.database.rows("SELECT failing_since FROM oncall_outsidecalendar")[0][0], seconds=60)
        pages = list(day.pages())
        commands = [
            ("rotatekeys", baton.manage("rotatekeys")),
            ("audit", baton.manage("audit_engine", "--json")),
            ("dumpdata", baton.manage("dumpdata")),
        ]
        with signing.broken(baton.database):
            day.meets_broken_doors(secrets)
        log = baton.log.read_bytes()
        assert log.count(b"Traceback") >= len(signing.BROKEN), "nothing broke"
        assert not _NEW_PASSWORD.search(log), "a link that was asked for"
        found = sings(secrets, [("the log", log), *dump(baton), *commands, *day.answers])
        # An admin reads the address of a webhook where they change it.
        seen = {name: secret for name, secret in secrets.items() if name != "webhook"}
        found += sings(seen, pages)
    assert not found, "\n".join(found)
    assert len(pages) > 40


def is_used(name: str, secret: str, echo: Echo, baton: Baton) -> None:
    """A secret that nobody was shown proves nothing."""
    try:
        wait_for(partial(echo.was_shown, secret), seconds=60)
    except AssertionError:
        how = baton.database.rows("SELECT person_id, channel, state, attempts, last_error FROM engine_delivery")
        raise AssertionError(f"{name} was not used: {how}") from None


# Settings that are secrets, and what stands before and after each; @ is the provider.
ENVIRONMENT = {
    "SECRET_KEY": ("", ""),
    "BATON_SEALING_KEY": ("", ""),
    "BATON_WATCH_TOKEN": ("", ""),
    "BATON_SMS_TOKEN": ("", ""),
    "BATON_VOICE_TOKEN": ("", ""),
    "BATON_NTFY_TOKEN": ("", ""),
    "BATON_SLACK_TOKEN": ("xoxb-", ""),
    "BATON_SLACK_SIGNING_SECRET": ("", ""),
    "BATON_TELEGRAM_TOKEN": ("1234567890:", ""),
    "BATON_TELEGRAM_SECRET": ("", ""),
    "BATON_MATTERMOST_WEBHOOK": ("@/hooks/", ""),
    "BATON_MATTERMOST_TOKEN": ("", ""),
    "BATON_SMS_REPLY_KEY": ("", ""),
    "BATON_DEADMAN_URL": ("@/", ""),
    "BATON_OIDC_CLIENT_SECRET": ("", ""),
    "EMAIL_URL": ("smtp://baton:", "@127.0.0.1:9"),
}


def settings_of(provider: str) -> dict[str, str]:
    return {
        "LOG_LEVEL": "DEBUG",
        "BATON_OIDC_ISSUER": provider,
        "BATON_OIDC_CLIENT_ID": "baton",
        "BATON_OUTBOUND_ALLOW": "127.0.0.1",
        "BATON_SEND_SECONDS": "3",
        "BATON_RETRY_SECONDS": "1,1",
        "BATON_BUNDLE_SECONDS": "0",
        "BATON_POLICY_MINUTE_SECONDS": "2",
        "BATON_SMS_URL": f"{provider}/sms",
        "BATON_VOICE_URL": f"{provider}/voice",
        "BATON_NTFY_URL": provider,
        "BATON_MATTERMOST_URL": provider,
        "BATON_APPRISE_SCHEMAS": "discord",
        "BATON_WEBHOOK_SECRET": "whsec_" + "QmF0b25CYXRvbkJhdG9uQmF0b25CYXRvbkJhdG9u",
    }


def dump(baton: Baton) -> Iterator[tuple[str, str]]:
    """Each table, whole."""
    listed = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if baton.database.server:
        listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    with baton.database.reading() as ask:
        for (table,) in ask(listed):
            rows = ask(f'SELECT * FROM "{table}"')
            plain = "\n".join(str(bytes(one) if isinstance(one, memoryview) else one) for row in rows for one in row)
            yield f"table {table}", plain


class Day:
    """What comes to an installation: alerts by all doors with good and bad keys, programs, feeds, people."""

    def __init__(self, url: str, told: dict):
        self.url, self.secrets, self.session = url, told["secrets"], told["session"]
        self.answers: list[tuple[str, bytes]] = []  # to those who show a wrong key, too

    def ask(self, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"} | named)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read()

    def goes_by(self, secrets: dict[str, str]) -> None:
        for is_right in (True, False):
            status = self._alerts(is_right, secrets["wrongkey"])
            assert any(200 <= one < 300 for one in status) is is_right, status
        for token in (self.secrets["token"], secrets["wrongtoken"], "baton_" + secrets["wrongtoken"]):
            for path in ("/api/v1/me", "/api/v1/configuration", "/api/v1/reach", "/api/v1/incidents?q=" + token):
                self._keep(path, Authorization=f"Bearer {token}")
        for token in (secrets["BATON_WATCH_TOKEN"], secrets["wrongtoken"]):
            for path in ("/metrics", "/healthz?deep=1", f"/healthz?deep=1&token={token}"):
                self._keep(path, Authorization=f"Bearer {token}")
        for key in (self.secrets["feed"], secrets["wrongkey"]):
            self._keep(f"/ical/{key}/user.ics")
            self._keep(f"/ical/{key}.ics")
        form = urllib.parse.urlencode({"username": "ana@example.com", "password": secrets["wrongpassword"]}).encode()
        self._keep("/login/", form, Content_Type="application/x-www-form-urlencoded")
        self._keep("/queue/", Cookie=f"sessionid={secrets['wrongsession']}")

    def meets_broken_doors(self, secrets: dict[str, str]) -> None:
        """Every page that is shown a key breaks on it."""
        alert = {"title": "Down", "severity": "critical"}
        status = [
            self._keep(f"/ical/{secrets['feed']}/user.ics"),
            self._keep(f"/integrations/webhook/{secrets['key of webhook']}?token={secrets['key of webhook']}", alert),
            self._keep("/v2/alerts", alert, Authorization=f"GenieKey {secrets['key of opsgenie']}"),
            self._keep("/api/v1/me", Authorization=f"Bearer {secrets['token']}"),
            self._keep("/queue/", Cookie=f"sessionid={secrets['session']}"),
            self._keep(f"/invitation/{secrets['invitation']}/"),
        ]
        assert all(one in (500, 503) for one in status), status

    def _keep(self, path: str, body: object = None, **headers: str) -> int:
        """A page of a feed or an address may say itself to whoever knows it."""
        status, said = self.ask(path, body, **headers)
        if not 200 <= status < 300 and "?q=" not in path:
            self.answers.append((f"the answer to {path[:20]}… ({status})", said))
        return status

    def _alerts(self, is_right: bool, wrong: str) -> list[int]:
        def key(kind: str) -> str:
            return self.secrets[f"key of {kind}"] if is_right else (wrong * 2)[:32]

        alert = {"status": "firing", "labels": {"alertname": "Down", "severity": "critical"}, "annotations": {}}
        group = {"version": "4", "status": "firing", "groupKey": f"down-{is_right}", "alerts": [alert]}
        event = {"event_action": "trigger", "dedup_key": f"d{is_right}", "routing_key": key("pagerduty")}
        event["payload"] = {"summary": "Down", "source": "db", "severity": "critical"}  # type: ignore[assignment]
        bearer = {"Authorization": f"Bearer {key('alertmanager')}"}
        genie = {"Authorization": f"GenieKey {key('opsgenie')}"}
        return [
            self._keep("/integrations/alertmanager", group, **bearer),
            self._keep(f"/integrations/alertmanager/{key('alertmanager')}", group),
            self._keep(f"/integrations/alertmanager/{key('alertmanager')}", b"{no json"),
            self._keep("/v2/enqueue", event),
            self._keep("/v2/alerts", {"message": "Down"}, **genie),
            self._keep(f"/v2/alerts?apiKey={key('opsgenie')}", {"message": "Down"}),
            self._keep(f"/integrations/webhook/{key('webhook')}", {"title": "Down", "severity": "critical"}),
            self._keep(f"/integrations/webhook/{key('webhook')}?token={key('webhook')}", {"severity": "?"}),
            self._keep(f"/heartbeats/{key('heartbeat')}/backup", b""),
        ]

    def pages(self) -> Iterator[tuple[str, bytes]]:
        """What an admin can open, from one page to the next."""
        waits, seen = list(FIRST), set(FIRST)
        while waits and len(seen) - len(waits) < MOST_PAGES:
            path = waits.pop(0)
            status, said = self.ask(path, Cookie=f"sessionid={self.session}")
            assert status < 500, (path, said[:2000])
            yield f"the page {path}", said
            for found in map(bytes.decode, _LINK.findall(said)):
                kind = re.sub(r"\d+", "1", found.partition("?")[0])  # one of each kind
                if kind not in seen and "?" not in found and not _LEFT_OUT.search(found):
                    seen.add(kind)
                    waits.append(found)
