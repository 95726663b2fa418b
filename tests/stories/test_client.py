"""The client and the command line, with somebody at the other end who breaks lines, refuses and answers in pages."""

import json

import pytest

from tests.client_kit import Server, Told

from baton_client import (  # isort: skip
    Baton,
    Changed,
    Garbled,
    Invalid,
    NotFound,
    Problem,
    Refused,
    Trouble,
    Unreachable,
    etag,
)
from baton_client import cli, transport  # isort: skip

pytestmark = pytest.mark.enable_socket
BREAKS = Told(breaks=True)
BUSY = Told(503, {"title": "Service Unavailable", "status": 503, "code": "busy", "detail": "Busy."})


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """So long it would have waited."""
    found: list[float] = []
    real = transport.Transport.__init__
    monkeypatch.setattr(
        transport.Transport,
        "__init__",
        lambda self, *args, **kwargs: real(self, *args, **{**kwargs, "sleep": found.append}),
    )
    return found


def baton(server: Server) -> Baton:
    return Baton(server.url, "baton_secret", timeout=5)


def refusal(status: int, code: str, detail: str, **more) -> Told:
    return Told(status, {"title": "No", "status": status, "code": code, "detail": detail, **more})


def test_what_got_lost_is_sent_again_under_the_same_name(pauses):
    with Server(BREAKS, BUSY, Told(200, {"number": 42}, {"ETag": '"v1:x"'})) as server:
        found = baton(server).incidents.acknowledge(42)
    assert found["number"] == 42 and etag(found) == '"v1:x"'
    assert [one.path for one in server.asked] == ["/api/v1/incidents/42/acknowledgement"] * 3
    assert len({one.headers["Idempotency-Key"] for one in server.asked}) == 1
    assert server.asked[0].headers["Authorization"] == "Bearer baton_secret"
    assert len(pauses) == 2 and 0 < pauses[0] < pauses[1] * 2


def test_two_calls_have_two_names_and_one_can_be_given():
    with Server(Told(200, {})) as server:
        for key in (None, None, "mine"):
            baton(server).incidents.note(42, text="Restarted it", key=key)
        baton(server).incidents.show(42)
    first, second, third, read = server.asked
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]
    assert third.headers["Idempotency-Key"] == "mine" and "Idempotency-Key" not in read.headers
    assert json.loads(first.body) == {"text": "Restarted it"}


def test_a_server_may_ask_for_a_pause(pauses):
    with Server(Told(429, {}, {"Retry-After": "7"}), Told(200, {})) as server:
        baton(server).me.show()
    assert pauses == [7.0]


def test_whoever_never_answers_is_unreachable():
    with Server(BREAKS) as server, pytest.raises(Unreachable, match="No answer"):
        baton(server).me.show()
    assert len(server.asked) == 4


def test_what_was_refused_is_not_sent_again_and_says_why():
    cases = {
        Refused: refusal(409, "state", "Mei Tanaka has already acknowledged this."),
        Changed: refusal(412, "stale", "Mei Tanaka was faster."),
        NotFound: refusal(404, "not-found", "There is nothing here."),
        Invalid: refusal(422, "invalid", "No.", errors=[{"field": "body.text", "message": "Write a few words."}]),
        Trouble: refusal(500, "error", "Something is broken here."),
    }
    for kind, told in cases.items():
        with Server(told) as server, pytest.raises(kind) as raised:
            baton(server).incidents.acknowledge(42)
        assert len(server.asked) == 1 and str(raised.value) == told.body["detail"]
        assert raised.value.code == told.body["code"]
        assert raised.value.fields == ({"body.text": ["Write a few words."]} if kind is Invalid else {})


def test_a_token_is_not_carried_elsewhere():
    with Server(Told(200, {})) as other, Server(Told(302, b"", {"Location": other.url})) as server:
        with pytest.raises(Problem, match="give that address instead"):
            baton(server).me.show()
        assert other.asked == []


@pytest.mark.parametrize("url", ["baton.example.com", "ftp://baton.example.com", "file:///etc/passwd", ""])
def test_what_is_no_address_is_refused_before_anything_is_sent(url):
    with pytest.raises(ValueError, match="no address"):
        Baton(url, "t")


def test_somebody_else_at_the_address_is_no_crash():
    with Server(Told(200, b"<html>", {"Content-Type": "application/json"})) as server, pytest.raises(Garbled):
        baton(server).me.show()
    with Server(Told(404, b"<html>not here</html>")) as server, pytest.raises(NotFound, match="404"):
        baton(server).me.show()


def test_a_list_is_read_page_after_page():
    pages = [
        Told(200, {"items": [{"id": 1}, {"id": 2}], "next": "c1"}),
        Told(200, {"items": [{"id": 3}], "next": None}),
    ]
    with Server(*pages) as server:
        assert [one["id"] for one in baton(server).catalogue.each_people(q="a b")] == [1, 2, 3]
    assert [one.path for one in server.asked] == ["/api/v1/people?q=a+b", "/api/v1/people?cursor=c1&q=a+b"]


# --- the command line -----------------------------------------------------------------------------

ACKNOWLEDGED = {
    "number": 42,
    "ref": "INC-42",
    "title": "Card payments\x1b[31m fail",
    "severity": 2,
    "status": "acknowledged",
    "service": {"id": 1, "name": "Payments"},
    "baton": {"holder": {"id": 1, "name": "Ana Ruiz"}, "tier": {"id": 1, "name": "L1"}},
}


@pytest.fixture
def run(monkeypatch, capsys):
    """Types a command; gives its exit code, and what it said."""

    def typed(server: Server, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("BATON_URL", server.url)
        monkeypatch.setenv("BATON_TOKEN", "baton_secret")
        code = cli.main(words)
        return (code, *capsys.readouterr())

    return typed


def test_short_names_do_what_the_long_ones_do(run):
    with Server(Told(200, ACKNOWLEDGED)) as server:
        code, out, _err = run(server, "ack", "42")
        run(server, "incidents", "acknowledge", "42")
        run(server, "note", "42", "Restarted it")
        run(server, "resolve", "42", "Rolled it back", "--cause", "change")
    assert code == 0 and out == "INC-42 · 2 · acknowledged · Ana Ruiz · Payments · Card payments[31m fail\n"
    assert [(one.method, one.path.removeprefix("/api/v1/incidents/42/")) for one in server.asked] == [
        ("POST", "acknowledgement"),
        ("POST", "acknowledgement"),
        ("POST", "notes"),
        ("POST", "resolution"),
    ]
    assert json.loads(server.asked[3].body) == {"text": "Rolled it back", "cause": "change"}


def test_a_noun_alone_lists_and_json_is_for_programs(run):
    with Server(Told(200, {"items": [ACKNOWLEDGED], "next": None})) as server:
        _code, out, _err = run(server, "incidents", "--severity", "2")
        _code, whole, _err = run(server, "--json", "incidents")
    assert out.splitlines()[0].split() == ["ref", "severity", "status", "holder", "service", "title"]
    assert "INC-42" in out and "\x1b" not in out + whole
    assert json.loads(whole)["items"][0]["title"] == ACKNOWLEDGED["title"]
    assert server.asked[0].path == "/api/v1/incidents?severity=2"


def test_the_exit_code_says_why_not_and_the_words_are_the_desks(run):
    cases = [
        (refusal(409, "state", "Mei has already acknowledged this."), 1),
        (refusal(412, "stale", "Mei was faster."), 1),
        (refusal(422, "invalid", "No.", errors=[{"field": "body.text", "message": "Write words."}]), 2),
        (refusal(403, "scope", "This token may not."), 3),
        (refusal(401, "unauthenticated", "Send a token."), 3),
        (refusal(404, "not-found", "Nothing here."), 4),
        (refusal(500, "error", "Broken."), 5),
    ]
    for told, expected in cases:
        with Server(told) as server:
            code, out, err = run(server, "ack", "42", "--if-match", '"x"')
        assert (code, out) == (expected, "") and told.body["detail"] in err
        assert server.asked[0].headers["If-Match"] == '"x"'
        assert ("  text: Write words." in err) is (expected == 2)


def test_what_is_missing_is_said_before_anything_is_sent(monkeypatch, capsys):
    for name in ("BATON_URL", "BATON_TOKEN", "BATON_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["me", "show"]) == 2
    assert "BATON_URL" in capsys.readouterr().err
    monkeypatch.setenv("BATON_URL", "baton.example.com")
    assert cli.main(["me", "show"]) == 2
    assert "BATON_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("BATON_TOKEN", "t")
    assert cli.main(["me", "show"]) == 2
    assert "https://" in capsys.readouterr().err
    monkeypatch.setenv("BATON_URL", "https://baton.example.com")
    for copied in ("baton_…", "baton_abc\r\nbaton_def"):
        monkeypatch.setenv("BATON_TOKEN", copied)
        assert cli.main(["me", "show"]) == 2
        said = capsys.readouterr().err
        assert "no token" in said and "abc" not in said
    with pytest.raises(SystemExit) as wrong:
        cli.main(["resolve", "forty-two", "It is over", "--cause", "change"])
    assert wrong.value.code == 2


def test_a_file_goes_up_and_comes_down(run, tmp_path):
    (tmp_path / "log.txt").write_bytes(b"\x00 bytes \xff")
    with Server(Told(200, ACKNOWLEDGED)) as server:
        assert run(server, "incidents", "attach", "42", "--file", str(tmp_path / "log.txt"))[0] == 0
    [sent] = server.asked
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'filename="log.txt"' in sent.body and b"\x00 bytes \xff" in sent.body
