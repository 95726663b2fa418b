"""What a mapping's lines mean, which are wrong and where, and that no message is too much for it."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.inbound import ready, signals
from incidents.inbound.alert import Action
from incidents.inbound.mapping import applying, language, times, vocabulary
from incidents.inbound.mapping.values import TooMuchWork
from tests.parts import examples

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def said(text, payload, **more):
    (one,), _warnings = applying.apply(language.read(text), payload, now=NOW, **more)
    return one


def title(typed, payload, **more):
    return said(f"title = {typed}", payload, **more).title


PAYLOAD = {
    "a": {"b": [{"c": "deep"}], "empty": "", "zero": 0, "no": False, "null": None},
    "dotted.name": {"x y": "odd"},
    "name": "disk full | 93%",
    "url": "a b/ü&",
    "list": [1, "two", None],
    "objects": [{"k": "ü"}],
    "macro": "{EVENT.ID}",
    "other": "$HOSTNAME",
    "lines": "first\nsecond",
    "@type": "Alert",
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("plain", "plain"),
        ("{a.b[0].c}!", "deep!"),
        ('{["dotted.name"]["x y"]}', "odd"),
        ('{["@type"]}', "Alert"),
        ("{a.zero}/{a.no}", "0/false"),
        ("{a.empty or a.null or a.b[0].c}", "deep"),
        ('{nothing or "-"}', "-"),
        ('{nothing or ""}left', "left"),
        ("{{name}}", "{name}"),
        ('{name | before "|"}', "disk full"),
        ('{name | after "|" | cut 2}', "9…"),
        ("{a.b[0].c | upper}", "DEEP"),
        ("{url | url}", "a%20b%2F%C3%BC%26"),
        ("{lines | line}", "first"),
        ("{list}", "1, two"),
        ("{objects}", '[{"k": "ü"}]'),
        ("{a.b[0].c | hash | cut 9}", "6b4d4d6a…"),
        ('"Tell if {a.zero}" if {a.zero} is 0', "Tell if 0"),
        # What is not there, or was not filled in by its tool, does not fit.
        ("{nothing}", ""),
        ("{a.b[7].c}{a.zero}", ""),
        ("{a.b.c}", ""),
        ("{macro}", ""),
        ("{other}", ""),
    ],
)
def test_texts_and_places(typed, found):
    if "hash" in typed:
        found = title("{a.b[0].c | hash}", PAYLOAD)[:8] + "…"
    assert title(typed, PAYLOAD) == found


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{s} is down", True),
        ("{s} is DOWN, up", True),
        ("{s} is not down", False),
        ('{s} is "no data"', False),
        ("{n} is 0", True),
        ('{n} is "0" and {s} is up', False),
        ("{n} is 0 and {s} is down", True),
        ("{w} has acknowledged", False),
        ("{w} has commented", True),
        ("{w} has not acknowledged", True),
        ("{s} starts with do, x", True),
        ("{s} ends with wn", True),
        ("{nothing} is missing", True),
        ("{nothing} is given", False),
        ("{s} is given", True),
        ("{nothing or s} is Down", True),
        ('{nothing} is ""', True),
        ('{w | before ","} is unacknowledged', True),
    ],
)
def test_conditions(condition, holds):
    payload = {"s": "Down", "n": 0, "w": "unacknowledged, commented"}
    assert title(f"yes if {condition}", payload) == ("yes" if holds else "")


def test_of_some_fields_the_first_line_that_fits_counts_and_of_others_all():
    text = """
    # what it is
    key = {missing}
    key = {id}
    title = one if {id} is 2
    title = two
    title = three
    severity = critical if {id} is 2
    severity = {level}
    action = resolve if {state} is ok
    body = {missing}
    body = first
    body = second
    link Docs = https://example.com/{id}
    link Odd = javascript:alert(1)
    label host = {host}
    by = {who}
    time = {at}
    """
    found = said(text, {"id": 12, "level": "Warning", "host": "web-1", "who": "Omar", "at": 1772441710})
    assert (found.key, found.title, found.severity, found.action) == ("12", "two", 3, Action.TRIGGER)
    assert (found.body, found.by) == ("first\nsecond", "Omar")
    assert found.links == {"Docs": "https://example.com/12"}
    assert found.labels == {"host": "web-1"}
    assert found.at == datetime(2026, 3, 2, 8, 55, 10, tzinfo=UTC)
    assert found.line["title"] == 6 and found.line["key"] == 4
    assert found.warnings == ['link "Odd" is no http or https address']


def test_each_element_of_a_list_is_one_alert_and_json_in_texts_is_parsed():
    text = "parse data\neach data.alerts\nkey = {data.group}/{@item.id}\ntitle = {@item.t}\naction = {@item.state}"
    inner = {"group": "g", "alerts": [{"id": 1, "t": "A", "state": "open"}, {"id": 2, "t": "B", "state": "closed"}]}
    found, warnings = applying.apply(language.read(text), {"data": json.dumps(inner)}, now=NOW)
    assert [(one.key, one.title, one.action) for one in found] == [
        ("g/1", "A", Action.TRIGGER),
        ("g/2", "B", Action.RESOLVE),
    ]
    assert warnings == []
    assert applying.apply(language.read(text), {"data": "no json"}, now=NOW) == ([], ['"each" found no list'])


def test_headers_and_query_have_names_of_their_own():
    text = "title = {@header.x-github-event} {@query.team}"
    assert said(text, {}, headers={"x-github-event": "push"}, query={"team": "web"}).title == "push web"


WRONG = [
    ("titel = x", '"titel" is not known'),
    ("title", "A line reads"),
    ("title = ", "missing"),
    ("title = {a", '"}" is missing'),
    ("title = a}", 'without a "{"'),
    ("title = {a | frob}", '"frob" is none of them'),
    ("title = {a | cut}", "needs a number"),
    ("title = {a | before}", "a text in quotes"),
    ("title = {a.}", "name is expected"),
    ("title = {a[x]}", "In brackets"),
    ("title = {@nope.x}", "is not known"),
    ("title = x if {a} equals 3", "is none of them"),
    ("title = x if {a} is", "a value is missing"),
    ("title = x if {a} is No Data", "in quotes"),
    ("title = x if a is 3", "in braces"),
    ("severity = awful", "no severity"),
    ("action = explode", "no action"),
    ("link = https://x", "needs a name"),
    ("title of it = x", "right after it"),
    ("each", "name is expected"),
    ("each a b", "too much"),
    ("only monitor", "A line reads"),
    ("only = a", "It reads"),
]


@pytest.mark.parametrize(("line", "why"), WRONG)
def test_what_is_wrong_is_said_at_its_line(line, why):
    with pytest.raises(language.Unreadable) as refused:
        language.read(f"# a remark\n{line}\ntitle = fine\n")
    (problem,) = refused.value.problems
    assert problem.line == 2
    assert why in problem.said


def test_every_wrong_line_is_told_at_once_and_a_title_is_needed():
    with pytest.raises(language.Unreadable) as refused:
        language.read("key = {a\n\nseverity = awful")
    assert [problem.line for problem in refused.value.problems] == [1, 3]
    with pytest.raises(language.Unreadable, match="title"):
        language.read("key = {a}")
    with pytest.raises(language.Unreadable, match="at most"):
        language.read("title = x\n" * 500)


def test_what_only_keeps_is_all_that_is_left_of_an_object():
    text = "only monitor = id, name\ntitle = {monitor.name}"
    kept = applying.without_secrets(language.read(text), {"monitor": {"id": 1, "name": "x", "pass": "s"}, "m": 2})
    assert kept == {"monitor": {"id": 1, "name": "x"}, "m": 2}
    assert applying.without_secrets(language.read(text), {"monitor": "s3cret"}) == {"monitor": None}
    assert applying.without_secrets(language.read(text), {"monitor": None}) == {"monitor": None}


HOSTILE = [
    ("body = {big}{big}\n", "x" * 5_000_000),
    ("body = {big}\n", {str(n): [{"k": n}] * 3 for n in range(50_000)}),
    ("body = {big}\n", [""] * 100_000),
    ("body = x if {big | url | url | url | hash} is 3\n", "ü" * 20_000),
    (f"body = x if {{big}} has {','.join(f'z{n}' for n in range(20))}\n", "z" * 20_000),
    ("body = " + "x" * 90 + "\n", ""),
]


@pytest.mark.parametrize(("line", "big"), HOSTILE, ids=range(len(HOSTILE)))
def test_the_work_for_one_message_is_counted_so_that_it_ends(line, big):
    mapping = language.read("each a\ntitle = x\n" + line * 150)
    started = time.process_time()
    with pytest.raises(TooMuchWork):
        applying.apply(mapping, {"a": [1] * 500, "big": big}, now=NOW)
    assert time.process_time() - started < 5, "seconds, where a fraction of one is enough"


# --- whatever is typed, whatever comes ---------------------------------------------------------

_pieces = st.sampled_from(
    [
        *("title", "key", "body", "link X", "severity", "action", " = ", "{", "}", "{a}", "{a.b[0] or c | cut 3}"),
        *(
            '"',
            "\\",
            " if ",
            " is ",
            "has",
            "and",
            ",",
            "|",
            "each a",
            "only a = b",
            "parse a",
            "\n",
            "@item",
            "[",
            "]",
        ),
        *("x", " "),
    ]
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.rehearsal("long")
@settings(max_examples=examples(300), deadline=None)
@given(st.lists(_pieces, max_size=25).map("".join), _values)
def test_a_text_is_read_or_refused_and_what_is_read_ends(text, payload):
    try:
        language.read(text)
    except language.Unreadable as error:
        assert all(problem.line >= 1 and problem.said for problem in error.problems)
    heard = signals.hear(text or "title = {a}", payload, now=NOW)
    message = signals.message(heard, b"", "Anything")
    assert all(signal.key and len(signal.key) <= 512 for signal in message.signals)
    assert all(signal.title for signal in message.signals if signal.action is Action.TRIGGER)
    assert len(message.line) <= 64


# --- the ready ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ready.TOOLS, ids=lambda tool: tool.slug)
def test_every_ready_mapping_reads_its_tools_messages_as_one_story(tool):
    heard = {name: signals.hear(tool.mapping, sample, now=NOW) for name, sample in tool.samples.items()}
    assert not [found.unmapped for found in heard.values() if found.unmapped]
    story = {name: signals.message(heard[name], b"", "x").signals for name in ("open", "repeat", "resolve")}
    (opened,), (again,), (ended,) = story.values()
    assert opened.key == again.key == ended.key
    assert (opened.action, again.action, ended.action) == (Action.TRIGGER, Action.TRIGGER, Action.RESOLVE)
    assert opened.title and "{" not in opened.title
    assert "https://" in opened.body
    assert not [warning for found in heard.values() for one in found.said for warning in one.warnings]


# --- our own words, and times ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"title": "T", "message": "M"}, ("T", "M", "", Action.TRIGGER)),
        ({"message": "M"}, ("M", "", "", Action.TRIGGER)),
        ({"summary": "S", "details": "D", "dedup": "k", "action": "close"}, ("S", "D", "k", Action.RESOLVE)),
        ({"title": "T", "state": "OK", "alert_uid": 12}, ("T", "", "12", Action.RESOLVE)),
        ({"title": "T", "status": "0"}, ("T", "", "", Action.RESOLVE)),
        ({"title": "T", "status": 1}, ("T", "", "", Action.TRIGGER)),
        ({"title": "T", "event_action": "Acknowledged"}, ("T", "", "", Action.ACKNOWLEDGE)),
        ({"title": "T", "action": "frob"}, ("T", "", "", Action.TRIGGER)),
    ],
)
def test_our_own_words_and_those_of_others(payload, expected):
    found = vocabulary.read(payload, NOW)
    assert (found.title, found.body, found.key, found.action) == expected
    assert bool(found.warnings) == (payload.get("action") == "frob")


def test_maps_and_pairs_become_labels_and_severities_are_words():
    found = vocabulary.read({"title": "T", "meta": ["a=1", "b=2=3", "odd"], "host": "web", "priority": "p1"}, NOW)
    assert (found.labels, found.severity) == ({"source": "web", "a": "1", "b": "2=3"}, 1)
    for priority in ("P5", "sev5"):  # as Opsgenie's door has it
        assert vocabulary.read({"title": "T", "priority": priority}, NOW).severity == 5
    found = vocabulary.read({"title": "T", "details": {"n": 7}, "severity": 2}, NOW)
    assert (found.labels, found.severity) == ({"n": "7"}, None)
    assert found.warnings == ['severity "2" is not known']


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-02T08:55:10Z", "2026-03-02T08:55:10+00:00"),
        ("2026-03-02 08:55:10.5", "2026-03-02T08:55:10.500000+00:00"),
        ("2026-03-02 09:55:10 +0100", "2026-03-02T08:55:10+00:00"),
        (1772441710, "2026-03-02T08:55:10+00:00"),
        ("1772441710000", "2026-03-02T08:55:10+00:00"),
        ("0001-01-01T00:00:00Z", None),
        (0, None),
        ("nan", None),
        ("1e400", None),
        (10**40, None),
        (True, None),
        ("soon", None),
        (None, None),
        ("2031-01-01T00:00:00Z", None),
    ],
)
def test_instants_as_senders_write_them(value, expected):
    found = times.instant(value, NOW)
    assert (found.isoformat() if found else None) == expected
