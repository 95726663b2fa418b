"""What people wrote, in a Markdown file: text that reads as they wrote it, and never another markup than a list."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from incidents.reviewing.markdown import block

LINE = st.text(alphabet="-+*#=>|_`~[]()!<&\\.:1a \t", max_size=12) | st.text(max_size=12)
OURS = {"p", "/p", "br /", "ul", "/ul", "li", "/li"}


def rendered(text: str) -> str:
    return MarkdownIt("commonmark").render("\n".join(block(text)))


@given(st.lists(LINE, max_size=6))
def test_whatever_it_is_it_is_paragraphs_and_lists(lines):
    assert set(re.findall(r"<([^>]*)>", rendered("\n".join(lines)))) <= OURS


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Two\nlines", "<p>Two<br /> lines</p>"),
        ("Tried:\n- Rolled back\n- Waited", "<p>Tried:</p> <ul> <li>Rolled back</li> <li>Waited</li> </ul>"),
        ("- Rolled back\nIt helped", "<ul> <li>Rolled back</li> </ul> <p>It helped</p>"),
        ("Since 2026-11-24", "<p>Since 2026-11-24</p>"),
        ("A line\n---", "<p>A line<br /> ---</p>"),
        ("A line\n- ", "<p>A line<br /> -</p>"),
        ("-x", "<p>-x</p>"),
        ("- ---", "<ul> <li>---</li> </ul>"),
        ("1. first\n12) last", "<p>1. first<br /> 12) last</p>"),
    ],
)
def test_lines_stay_lines_and_what_begins_with_a_hyphen_is_a_list(text, html):
    assert " ".join(rendered(text).split()) == html
