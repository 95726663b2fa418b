"""Moving in from GoAlert: from files and from a server that speaks its GraphQL over real HTTP."""

import http.server
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from django.core.management import CommandError

from escalation.kit.errors import Refused
from escalation.oncall.models import Override, Schedule
from escalation.people.models import User
from escalation.policies.models import Policy
from incidents.importers.goalert import GoAlert, asking, shapes
from incidents.importers.moving import Move
from incidents.models import Heartbeat, Origin, Service, Source
from tests.importers_kit import SAMPLES, actions, climb, run, told

FILES = SAMPLES / "goalert"
TOKEN = "e1000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def _here(cast, clock):
    """The installation, at the time of the export."""


def pages() -> list[dict]:
    return [json.loads(file.read_text())["data"] for file in sorted(FILES.glob("*.json"))]


def nodes() -> dict:
    return {name: shapes.nodes(pages(), name) for name in shapes.CONNECTIONS}


def apply(*words) -> dict:
    return told("goalert", "--file", FILES, "--create-people", "--keep-keys", "--apply", *words)


def state() -> dict:
    """What is here, by name."""
    return {
        "people": {user.email: sorted(map(str, user.notification_rules.all())) for user in User.objects.all()},
        "schedules": {
            one.name: (
                one.archived_at is None,
                [(str(layer), layer.hours, [str(seat) for seat in layer.seats.all()]) for layer in one.layers.all()],
                sorted(str(cover) for cover in one.overrides.all()),
            )
            for one in Schedule.objects.all()
        },
        "policies": {
            one.name: (
                one.rounds,
                one.begins_after,
                one.archived_at is None,
                climb(one, datetime(2026, 3, 2, tzinfo=UTC)),
            )
            for one in Policy.objects.all()
        },
        "services": {
            (one.name, str(one.team), str(one.policy), one.archived_at is None) for one in Service.objects.all()
        },
        "sources": {(one.name, one.kind, one.door_keys.count()) for one in Source.objects.all()},
        "beats": {(str(one.source), one.name, one.every, one.enabled) for one in Heartbeat.objects.all()},
        "origins": set(Origin.objects.values_list("kind", "external")),
    }


def rows() -> Counter:
    from django.apps import apps

    return Counter({model.__name__: model._base_manager.count() for model in apps.get_models()})


# --- from files ---------------------------------------------------------------------------------------------------


def test_a_plan_lists_everything_and_writes_nothing():
    before = rows()
    said = run("goalert", "--file", FILES, "--create-people")
    assert rows() == before
    for line in (
        "+ person Pia Öberg <pia@example.org>",
        "+ schedule Platform (Platform week)",
        "✗ policy Only a channel",
        "✗ schedule From old days: It does not come over: its time zone is not said (“Local”): set one in GoAlert.",
        "+ policy By old days  (out of use: ",
        "Nothing was written; --apply does it.",
    ):
        assert line in said
    for secret in (TOKEN, "15112345678", "secret-of"):
        assert secret not in said


@pytest.mark.rehearsal("long")
def test_it_comes_over_once_and_who_is_on_call_agrees():
    assert actions(apply())["make"] > 30
    first = state()
    assert set(actions(apply())) == {"same", "leave"}
    assert state() == first
    compared = told("goalert", "--file", FILES, "--compare")["comparison"]
    assert compared["differences"] == []
    assert compared["asked"] > 1000
    assert compared["missing"] == ["From old days"]
    assert str(Service.objects.get(name="Ledger").team) == "Payments"
    assert Service.objects.get(name="Old till").archived_at is not None
    assert Source.objects.get(name="Checkout: Prometheus").door_keys.get().hint == TOKEN[-4:]
    assert not Heartbeat.objects.get(name="ping").enabled


@pytest.mark.rehearsal("moving")
def test_a_walk_that_broke_goes_on_where_it_was(monkeypatch):
    remember, left = Move._remember, iter(range(23))

    def breaks(self, *args, **kwargs):
        if next(left, None) is None:
            raise KeyboardInterrupt
        remember(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Move, "_remember", breaks)
        with pytest.raises(CommandError, match="Stopped. Nothing is half done"):
            apply()
    assert Origin.objects.count() == 23
    apply()
    resumed = state()
    assert set(actions(apply())) == {"same", "leave"}
    assert state() == resumed
    assert told("goalert", "--file", FILES, "--compare")["comparison"]["differences"] == []


@pytest.mark.rehearsal("long")
def test_a_difference_is_named_with_its_time(cast, clock):
    apply()
    start = clock.now() + timedelta(days=4)
    platform = Schedule.objects.get(name="Platform (Platform week)")
    span = {"starts_at": start, "ends_at": start + timedelta(hours=2), "made_at": clock.now()}
    Override.objects.create(schedule=platform, person=cast.jo, by=cast.ada, **span)
    [found] = told("goalert", "--file", FILES, "--compare")["comparison"]["differences"]
    assert (found["schedule"], datetime.fromisoformat(found["from"])) == ("Platform", start)
    assert "jo@example.com" in found["here"]
    with pytest.raises(CommandError):
        run("goalert", "--file", FILES, "--compare")


# --- the same people at the same minutes --------------------------------------------------------------------------


def their_calls(policy: dict, at: datetime, emails: dict[str, str]) -> list[tuple[int, set[str]]]:
    """As GoAlert's documents say: each step waits its minutes, and then the next; after the last the first again."""
    calendar, minute, found = GoAlert().calendar(nodes()), 0, []
    for _round in range(policy["repeat"] + 1):
        for step in sorted(policy["steps"], key=lambda step: step["stepNumber"]):
            people: set[str] = set()
            for action in step.get("actions") or [{"type": one["type"], "args": one} for one in step["targets"]]:
                key = next(iter(action["args"].values()))
                if action["type"].endswith("user"):
                    people.add(emails[key])
                elif action["type"].endswith(("schedule", "rotation")):
                    there = calendar.on_call(key, at + timedelta(minutes=minute))
                    people |= {emails[user] for user in there}
            found += [(minute, people)] if people else []
            minute += step["delayMinutes"]
    return found


@pytest.mark.rehearsal("moving")
@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        datetime(2026, 3, 5, 2, 50, tzinfo=UTC),  # overrides
        datetime(2026, 3, 12, 20, 55, tzinfo=UTC),  # a hand-off a few minutes later
        datetime(2026, 3, 29, 0, 45, tzinfo=UTC),  # the clocks change
        datetime(2026, 4, 4, 10, 0, tzinfo=UTC),  # a temporary schedule
    ],
    ids=str,
)
def test_the_same_people_are_called_at_the_same_minutes(at):
    apply()
    emails = {node["id"]: node["email"].casefold() for node in nodes()["users"]}
    found = 0
    for policy in nodes()["escalationPolicies"]:
        here = Policy.objects.filter(name=policy["name"], archived_at__isnull=True).first()
        if here is not None:
            assert climb(here, at) == their_calls(policy, at, emails), policy["name"]
            found += 1
    assert found == 3


# --- from a server ------------------------------------------------------------------------------------------------


class Server:
    """GoAlert's GraphQL on this machine: two nodes a page, a 200 also when something is wrong."""

    def __init__(self):
        self.key, self.knows, self.asked, self.fails = "a.jwt.of-goalert", asking.DOCUMENT, [], ""
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, answer = server.answer(self.path, self.headers, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, path, headers, body) -> tuple[int, dict, bytes]:
        if path.startswith("/api/v2/identity/providers/basic"):
            return self.signs_in(headers, parse_qs(body.decode()))
        signed_in = headers.get("Cookie") == "goalert_session.2=for-ada" and headers.get("Referer")
        if not signed_in and headers.get("Authorization") != f"Bearer {self.key}":
            return 401, {}, b"unauthorized"
        asked = json.loads(body)
        if asked["query"] != self.knows:
            said = 'Cannot query field "dest" on type "UserContactMethod".' if signed_in else "wrong query for API key"
            return 200, {}, json.dumps({"errors": [{"message": said}], "data": None}).encode()
        if self.fails:
            return 200, {}, json.dumps({"errors": [{"message": self.fails}], "data": {"users": None}}).encode()
        return 200, {}, json.dumps({"data": self.page(asked["variables"])}).encode()

    def signs_in(self, headers, form) -> tuple[int, dict, bytes]:
        if not headers.get("Referer", "").startswith(self.url) or form != {"username": ["ada"], "password": ["a:b c"]}:
            return 401, {}, b"no"
        return 200, {"Set-Cookie": "goalert_session.2=for-ada; Path=/; HttpOnly"}, b""

    def page(self, variables: dict) -> dict:
        [name] = [name for name in shapes.CONNECTIONS if variables[name]]
        self.asked.append(name)
        start, found = int(variables["after"] or 0), nodes()[name]
        more = len(found) > start + 2
        info = {"hasNextPage": more, "endCursor": str(start + 2) if more else ""}
        return {name: {"nodes": found[start : start + 2], "pageInfo": info}}


@pytest.fixture
def server(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


@pytest.fixture
def key(tmp_path, server):
    def of(text: str = server.key):
        file = tmp_path / "key"
        file.write_text(text + "\n")
        return "goalert", "--url", server.url, "--key-file", file

    return of


@pytest.mark.rehearsal("moving")
@pytest.mark.enable_socket
def test_page_by_page_a_server_says_what_the_files_say(server, key, tmp_path):
    by_files = told("goalert", "--file", FILES, "--create-people")
    assert told(*key(), "--create-people") == by_files
    assert Counter(server.asked) == {name: -(-len(found) // 2) for name, found in nodes().items()}
    kept = tmp_path / "kept.zip"
    run(*key(), "--export", kept)
    server.http.server_close()
    assert told("goalert", "--file", kept, "--create-people") == by_files


@pytest.mark.enable_socket
def test_an_older_server_is_asked_in_its_own_words_by_whoever_signs_in(server, key):
    server.knows = asking.OLDER
    assert told(*key("ada:a:b c"), "--create-people") == told("goalert", "--file", FILES, "--create-people")


@pytest.mark.rehearsal("moving")
@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("words", "knows", "fails", "said"),
    [
        ("another.key", asking.DOCUMENT, "", "does not know this key"),
        ("ada:wrong", asking.DOCUMENT, "", "does not sign in ada"),
        ("a.jwt.of-goalert", "query Other { users { nodes { id } } }", "", "wrong query for API key"),
        ("a.jwt.of-goalert", asking.DOCUMENT, "unexpected error", "does not answer for users: unexpected error"),
    ],
)
def test_what_a_server_refuses_is_said_in_a_line(server, key, words, knows, fails, said):
    server.knows, server.fails = knows, fails
    with pytest.raises(CommandError, match=said) as refused:
        told(*key(words))
    assert words not in str(refused.value)


def test_it_has_no_address_for_everybody():
    with pytest.raises(Refused, match="--url"):
        GoAlert().live("", "key", print)
