"""Bytes to a dict, or a refusal. Never a crash."""

import json
from contextlib import suppress

import pytest

from incidents.inbound.alert import Invalid
from incidents.inbound.reading import DEEPEST, parse


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1.5, "b": "\xc3\xa9"}', {"a": 1.5, "b": "é"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (rb'{"a\u0000": "b\u0000c"}', {"a": "bc"}),
        (rb'{"a": ["\ud800", "\udc00x", "\ud83d\ude80"]}', {"a": ["\ufffd", "\ufffdx", "🚀"]}),
        (rb'{"a": "\\u0000"}', {"a": r"\u0000"}),
        (b" {} \n", {}),
    ],
)
def test_what_can_be_read(body, value):
    assert parse(body) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "line 1, column 2"),
        (b"alert=1", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": "\x00"}', "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        ('{"a": "\ud800"}'.encode("utf-8", "surrogatepass"), "not UTF-8"),
        (b'{"a": NaN}', "number"),
        (b'{"a": -Infinity}', "number"),
        (b'{"a": 1e999}', "number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
        (b'{"a": "\\u0000' + b"", "not JSON"),
        (b"[]", "object"),
        (b'"x"', "object"),
        (b"7", "object"),
        (b"null", "object"),
        (b"true", "object"),
    ],
)
def test_what_cannot(body, words):
    with pytest.raises(Invalid, match=words) as refusal:
        parse(body)
    assert refusal.value.status == 400


def test_what_is_nested_so_deeply_that_it_depends_on_the_caller_whether_it_can_be_read_is_refused_always():
    def deep(levels: int) -> bytes:
        return b'{"a": ' * levels + b"[]" + b"}" * levels

    assert parse(deep(DEEPEST - 1))
    wide = b'{"a": [' + b",".join([b'{"b": [[]]}'] * 5_000) + b"]}"
    assert len(parse(wide)["a"]) == 5_000
    with pytest.raises(Invalid, match="nested"):
        parse(deep(DEEPEST))


def test_cleaning_a_deep_value_cannot_break_either():
    body = b'{"x": "\\u0000", "a": ' + b"[" * 900 + b"]" * 900 + b"}"
    with suppress(Invalid):
        assert parse(body)["x"] == ""


def test_a_large_honest_body_is_read():
    assert len(parse(json.dumps({"a": ["x" * 1000] * 4000}).encode())["a"]) == 4000
