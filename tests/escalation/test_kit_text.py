"""Text from outside, before it is kept."""

import pytest

from escalation.kit.text import clean, is_seen, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Card\u2028payments\n fail\x00", "Card payments fail"),
        ("Cards \u202eliaf\u202c \u2066now\u2069", "Cards liaf now"),  # it would turn what a sentence says after it
        ("הכרטיסים נדחים", "הכרטיסים נדחים"),  # which needs no sign to be read from the right
        ("\ud800", "?"),
        ("x" * 30, "x" * 19 + "…"),
    ],
)
def test_a_title_is_one_line_that_turns_nothing_around_it(typed, kept):
    assert one_line(typed, limit=20) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \u00a0\u3000",
        "\u200b\ufeff",
        "\u200f\u200e",
        "\u2060\u00ad",
        "\u3164\u115f\uffa0",
        "\u2800",
        "\u034f\ufe0f",
        "\x07",
    ],
    ids=ascii,
)
def test_nothing_is_seen_of_it(name):
    assert not is_seen(name)


@pytest.mark.parametrize("name", ["Ana", "‏דנה‏", "नीता", "李", "ᄀ", "7", "👩\u200d🚒", "-"], ids=ascii)
def test_something_is_seen_of_it(name):
    assert is_seen(name)


def test_what_stands_by_itself_keeps_its_lines_and_its_direction():
    assert clean("One\n\u202etwo\u202c\x00") == "One\n\u202etwo\u202c"
