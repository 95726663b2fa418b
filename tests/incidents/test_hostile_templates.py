"""Templates that reach for more than they are given: refused in a sentence, or only words; and never without end."""

import time
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from incidents.inbound.mapping import applying, language
from incidents.models import UpdateTemplate
from incidents.models.update_text import NAMES, fill
from tests.corpus import xss

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
REACHING = (
    *(
        "{title.__class__.__mro__}",
        "{title[__class__]}",
        "{ref.__init__.__globals__}",
        "{0}",
        "{}",
        "{self}",
        "{title!r}",
    ),
    *(
        "{title:>999999999}",
        "{title:{service}}",
        "{%s}",
        "{__import__}",
        "{settings.SECRET_KEY}",
        "{title()}",
        "{title|safe}",
    ),
)
# What other engines would act on; here it has no brace of its own kind, so it is said as it is.
ONLY_WORDS = (
    "%(title)s %s %n",
    "$title ${title",
    "<%= title %>",
    "#{title",
    "`title`",
    "$(title)",
    "[[title]]",
    "@title@",
)
MOST = 2000


@pytest.mark.parametrize("text", REACHING)
def test_an_update_that_reaches_for_more_is_refused_in_a_sentence(text):
    with pytest.raises(ValidationError) as refused:
        UpdateTemplate(name="x", text=text).full_clean(validate_unique=False, validate_constraints=False)
    assert all(said.startswith("Line 1: ") and said.endswith((".", "?")) for said in refused.value.message_dict["text"])
    assert fill(text, dict.fromkeys(NAMES, "secret")).count("secret") <= text.count("{service}")  # even so


def test_words_of_other_engines_are_words():
    for text in ONLY_WORDS:
        literal = text.replace("{", "{{")
        assert fill(literal, dict.fromkeys(NAMES, "no")) == text
        [said], _warnings = applying.apply(language.read(f"title = {literal}"), {"title": "no"}, now=NOW)
        assert said.title == text


def test_what_is_filled_in_is_text_and_has_an_end():
    """No string of the corpus is read as a template again, and the largest one is done at once."""
    for string in xss():
        assert fill("{title}{service}", {"title": string, "service": string}) == string * 2
        [said], _warnings = applying.apply(language.read("title = {t}\nbody = {t}"), {"t": string}, now=NOW)
        assert "canary.test/secret" not in said.title and said.title
    began = time.process_time()
    for monster in ("{" * MOST, "{title}" * (MOST // 7), "{{" * (MOST // 2), "{" + "t" * MOST, "}{" * (MOST // 2)):
        assert len(fill(monster, {"title": "x" * 1024})) <= 1024 * MOST // 7
        with_problems = UpdateTemplate(name="x", text=monster)
        try:
            with_problems.clean_fields()
        except ValidationError as refused:
            assert refused.message_dict["text"]
    assert time.process_time() - began < 5, "seconds, where a fraction of one is enough"


@pytest.mark.parametrize("typed", REACHING)
def test_a_mapping_reaches_nothing_but_the_message(typed):
    try:
        mapping = language.read(f"title = x{typed}\ntitle = nothing")
    except language.Unreadable as refused:
        assert all(problem.line == 1 and problem.said for problem in refused.problems)
        return
    [said], _warnings = applying.apply(mapping, {"title": "t", "ref": ["r"]}, now=NOW)
    assert said.title == "nothing", "it was found, and the message has no such thing"
