"""Nobody's title calls a channel, hides where a link leads, or passes for our own words."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.notify import chat, senders
from escalation.notify.chat import body_of, cut, cut_bytes, cut_units, defused, markdown, units
from tests.escalation.notify.world import HOSTILE, LINK, message

GAP = "\u200b"
# What a chat may read as more than text, and as what.
MARKUP = {
    "a mention": r"@(?=[A-Za-z])",
    "a Slack command or link": r"<(?=[!@#h])",
    "a link": r"(?i)(https?|ftp)://|(?<!\w)www\.|mailto:",
    "a masked link": r"\]\(",
    "a hashtag or a channel": r"[#~](?=\w)",
    "a character by its name": r"&#?\w+;",
    "an emoji": r":[a-z+-][a-z0-9_+-]*:",
}
SIGNS = st.text(st.sampled_from("@<>[]()*_~`|#:/.!-+=1\n\\ ahw"), max_size=20)
TRICKS = st.lists(st.text(max_size=10) | SIGNS | st.sampled_from([*HOSTILE.split(" "), LINK]), max_size=8)
tricks = TRICKS.map(" ".join)
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy


@pytest.mark.parametrize("markup", MARKUP)
@calmly
@given(tricks)
def test_what_is_defused_is_no_markup(markup, text):
    said = defused(text).replace(LINK, "")
    assert not re.search(MARKUP[markup], said)


@calmly
@given(tricks)
def test_what_is_defused_reads_the_same(text):
    assert defused(text).replace(GAP, "") == text.replace(GAP, "")


@calmly
@given(tricks)
def test_what_is_escaped_reads_the_same(text):
    """Markdown drops a backslash before punctuation; nothing else has been added."""
    said = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown(text))
    assert said.replace(GAP, "") == text.replace(GAP, "")


@calmly
@given(tricks)
def test_no_character_of_markdown_is_left_alone(text):
    for part, ours in chat._parts(text):
        if not ours:
            left = re.sub(r"\\[!-/:-@\[-`{-~]", "", markdown(part))
            assert not re.search(r"[\\`*_{}\[\]()<>|~]", left)


@pytest.mark.parametrize(
    "text", ["# Fire", "- Fire", "+ Fire", "= Fire", "1. Fire", "12) Fire", "  - Fire", "---", "==="]
)
def test_no_line_begins_a_heading_or_a_list(text):
    assert re.match(r"\s*\d*\\", markdown(f"x\n{text}").split("\n")[1])


def test_our_own_links_stay_links_and_no_others_pass_for_them():
    assert defused(f"go to {LINK} now") == f"go to {LINK} now"
    assert markdown(LINK) == LINK
    for other in (f"{LINK}@evil", f"x{LINK}", f"({LINK})", LINK.replace(":8000", ".evil.example"), f"{LINK}?a=<!here>"):
        assert GAP in defused(other)


def test_the_body_is_the_long_form_without_what_only_a_mail_needs():
    body = body_of(message())
    assert body.startswith("SEV1 INC-1042\nCard payments fail\n")
    assert "this mail" not in body
    assert not body.endswith(LINK)
    assert body_of(message(full="no footer, no link")) == "no footer, no link"


@calmly
@given(st.text(), st.integers(4, 50))
def test_cut_is_never_longer_than_it_may_be(text, limit):
    assert len(cut(text, limit)) <= limit
    assert len(cut_bytes(text.encode("utf-8", "replace").decode(), limit).encode()) <= limit
    assert units(cut_units(text, limit)) <= limit
    assert cut(text, limit) == text or cut(text, limit).endswith("…")


@calmly
@given(
    st.sampled_from(sorted(senders.SENDERS)),
    tricks | st.from_regex(r"[a-z]{1,8}://[^\s]{0,40}") | st.text("+-0123456789 ()"),
)
def test_what_is_typed_as_an_address_is_clean_or_refused(path, typed):
    """Nothing else happens, and what is clean stays as it is."""
    sender = import_string(path)()
    try:
        clean = sender.clean(typed)
    except ValidationError:
        return
    assert sender.clean(clean) == clean
    assert len(clean) <= 500
