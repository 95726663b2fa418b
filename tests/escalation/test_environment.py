"""A value that cannot be read is named in a sentence that says what belongs there."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from escalation.kit.environment import Environment


@pytest.mark.parametrize(
    ("value", "cast", "wanted"),
    [
        ("soon", float, "a number."),
        ("", float, "a number."),
        ("1.5", int, "a whole number."),
        ("5,soon", [float], "numbers with commas between them, as 5,15,60."),
        ("sms", dict, "names and numbers, as sms=20,voice=6."),
    ],
)
def test_what_belongs_there_is_said(value, cast, wanted, monkeypatch):
    monkeypatch.setenv("BATON_SOMETHING", value)
    with pytest.raises(ImproperlyConfigured) as said:
        Environment()("BATON_SOMETHING", cast)
    assert str(said.value) == f"BATON_SOMETHING cannot be read: it wants {wanted}"


@pytest.mark.parametrize(
    ("value", "cast", "read"),
    [("5", float, 5.0), ("5, 15", [float], [5, 15]), ("sms=20,voice=6", dict, {"sms": "20", "voice": "6"})],
)
def test_what_can_be_read_is_read(value, cast, read, monkeypatch):
    monkeypatch.setenv("BATON_SOMETHING", value)
    assert Environment()("BATON_SOMETHING", cast) == read
