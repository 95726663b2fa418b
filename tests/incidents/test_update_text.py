"""Templates of updates: what is filled in, what is refused and where, and which is proposed. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.models import UpdateTemplate
from incidents.models.update_templates import best, fitting
from incidents.models.update_text import NAMES, Problem, fill, problems

FACTS = {name: name.upper() for name in NAMES}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("", ""),
        ("No names at all.", "No names at all."),
        ("{service} is down since {since}.", "SERVICE is down since SINCE."),
        ("{service}{service}", "SERVICESERVICE"),
        ("{{service}}", "{service}"),
        ("{{{service}}}", "{SERVICE}"),
        ("a {{ b }} c", "a { b } c"),
        ("{ service }", "{ service }"),
        *((odd, odd) for odd in ("{Service}", "{service!r}", "{service:>9}", "{service.pk}", "{0}", "{}", "{", "}")),
        ("100 % of %(service)s, ${service}", "100 % of %(service)s, $SERVICE"),
    ],
)  # fmt: skip
def test_filling(text, filled):
    assert fill(text, FACTS) == filled


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{service} {{x}}", []),
        ("One\nTwo {servise}", [Problem(2, "{servise}", "service")]),
        ("{Service}", [Problem(1, "{Service}", "service")]),
        ("{ since }", [Problem(1, "{ since }", "since")]),
        ("{holder} {}", [Problem(1, "{holder}"), Problem(1, "{}")]),
        ("{service.name} {service!r}", [Problem(1, "{service.name}", "service"), Problem(1, "{service!r}", "service")]),
        ("a { b\nc } d", [Problem(1, "{"), Problem(2, "}")]),
        ("{{service}", [Problem(1, "}")]),
    ],
)
def test_what_cannot_be_filled_in_is_named_with_its_line(text, found):
    assert problems(text) == found


def test_what_is_put_in_is_not_read_again():
    assert fill("{title} {service}", {"title": "{service} {{", "service": "{title}"}) == "{service} {{ {title}"


@given(st.text("{}abservic e\n", max_size=60), st.dictionaries(st.sampled_from(NAMES), st.text("{}x", max_size=5)))
def test_a_text_without_problems_keeps_no_braces_of_names(text, facts):
    """It never fails, and if nothing is wrong with the text every name in it is replaced."""
    filled = fill(text, facts)
    if not problems(text):
        assert fill(text, dict.fromkeys(NAMES, "")).count("{") == text.count("{{")
    if "{" not in text and "}" not in text:
        assert filled == text


def template(name, stage="", severity=None, service=None) -> UpdateTemplate:
    return UpdateTemplate(name=name, stage=stage, severity=severity, service_id=service)


ALL = [
    template("any"),
    template("at last", stage="resolved"),
    template("SEV1", severity=1),
    template("payments", service=7),
    template("payments, at last", stage="resolved", service=7),
    template("network", service=8),
]


@pytest.mark.parametrize(
    ("service", "severity", "stage", "names", "proposed"),
    [
        (None, 3, "identified", ["at last", "any"], "any"),
        (None, 3, "resolved", ["at last", "any"], "at last"),
        (None, 1, "resolved", ["SEV1", "at last", "any"], "SEV1"),
        (7, 1, "identified", ["payments, at last", "payments", "SEV1", "at last", "any"], "payments"),
        (7, 1, "resolved", ["payments, at last", "payments", "SEV1", "at last", "any"], "payments, at last"),
    ],
)
def test_the_most_specific_is_proposed(service, severity, stage, names, proposed):
    found = fitting(reversed(ALL), service=service, severity=severity)
    assert [one.name for one in found] == names
    chosen = best(found, stage)
    assert chosen is not None and chosen.name == proposed


def test_where_none_fits_none_is_proposed():
    assert best(fitting([template("network", service=8)], service=7, severity=1), "resolved") is None
