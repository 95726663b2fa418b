"""What becomes of a runbook's Markdown: steps in order, safe HTML, and nothing that a page must not load."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.models import procedure

SAFE = {"p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "a", "ul", "ol", "li", "h2", "h3", "h4"}
SAFE |= {"h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}


class Seen(HTMLParser):
    """Every tag and attribute of some HTML, and whether each tag is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.hrefs, self.names, self.open = set(), [], set(), []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.names |= {name for name, _value in attrs}
        self.hrefs += [value for name, value in attrs if name == "href"]
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def html_of(source: str, top: int = 2) -> str:
    return "".join(piece.html for piece in procedure.read(source, top).pieces)


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        ("- [ ] Restart it", ["Restart it"]),
        ("- [x] Done already\n- [X] This too", ["Done already", "This too"]),
        ("1. [ ] One\n2. [ ] Two", ["One", "Two"]),
        ("* [ ] **Stop** the `worker`, then\n  [look](https://example.com)", ["Stop the worker, then look"]),
        ("- [ ] Outer\n  - [ ] Inner\n- [ ] Last", ["Outer", "Inner", "Last"]),
        ("- [ ] One\n\n  More about it.\n\n- [ ] Two", ["One", "Two"]),
        ("> - [ ] In a quotation", ["In a quotation"]),
        ("- [ ]\n- [ ]   \n- []not\n- [y] one\n- no box\n\n[ ] no item", []),
        ("    - [ ] code\n\n```\n- [ ] code\n```", []),
        ("- [ ] ![a picture](https://example.com/a.png) of it", ["a picture of it"]),
        ("", []),
    ],
)
def test_a_step_is_a_list_item_with_a_box(source, steps):
    assert list(procedure.read(source).steps) == steps


def test_pieces_open_and_close_each_step_in_turn():
    pieces = procedure.read("Intro\n\n- [ ] *One*\n\n  More.\n- [ ] Two\n").pieces
    assert [(piece.opens, piece.closes) for piece in pieces] == [
        (0, None),
        (None, 0),
        (1, None),
        (None, 1),
        (None, None),
    ]
    assert pieces[1].html == "<em>One</em></p>\n"  # a form may follow: it is outside of the paragraph
    assert '<li class="step">' in pieces[0].html and "[ ]" not in html_of("- [ ] One")


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)' onclick=alert(1)>x</a>",
        "<style>body{display:none}</style><iframe src=//evil.example></iframe>",
        "[x](javascript:alert(1)) [x](JaVaScRiPt:alert(1)) [x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1)) [x](javascript&colon;alert(1)) [x](%6aavascript:alert(1))",
        "[x](vbscript:x) [x](data:text/html;base64,PHNjcmlwdD4=) [x](file:///etc/passwd)",
        "<javascript:alert(1)> <data:text/html,x>",
        "[x]: javascript:alert(1)\n\n[x] ![x][x]",
        '[x](https://example.com "onmouseover=alert(1)")',
        "![x](https://evil.example/track.png) ![x](data:image/png;base64,AAAA)",
        "- [ ] <script>alert(1)</script> ![x](x)",
        "|a|b|\n|:-|-:|\n|<b onclick=x>|`<script>`|",
        '```html" onclick=alert(1)\n<script>\n```',
        "# <svg/onload=alert(1)>",
        "\ue000o0\ue001 - \ue000c9\ue001",
        "- [ ] NUL \x00 and \ud800 lone",
    ],
)
def test_what_is_hostile_is_only_words(source):
    seen = Seen(html_of(source))
    assert seen.tags <= SAFE and not seen.open
    assert seen.names <= {"href", "title", "rel", "class", "start"}
    leading = [href.partition(":")[0].lower() for href in seen.hrefs if ":" in href]
    assert set(leading) <= {"http", "https", "mailto", "%6aavascript"}, seen.hrefs  # the last is a page's name


def test_links_and_pictures_lead_out_and_load_nothing():
    html = html_of("[page](https://example.com/a?b=1&c) ![graph](https://example.com/g.png) <ops@example.com>")
    assert Seen(html).hrefs == ["https://example.com/a?b=1&c", "https://example.com/g.png", "mailto:ops@example.com"]
    assert html.count('rel="noopener noreferrer nofollow"') == 3


def test_headings_fit_under_the_pages_own():
    assert Seen(html_of("# a\n## b\n### c\n###### d", top=4)).tags == {"h4", "h5", "h6"}
    assert Seen(html_of("# a\n## b", top=2)).tags == {"h2", "h3"}


HUGE = procedure.LONGEST
MONSTERS = {
    "brackets": "[" * HUGE,
    "stars": "*a **a " * (HUGE // 7),
    "ticks": "`a``" * (HUGE // 4),
    "angles": "<" * HUGE,
    "pictures": "![x](" * (HUGE // 5),
    "quotations": ">" * HUGE,
    "quotations in quotations": "> " * (HUGE // 2) + "deep",
    "lists": "\n".join(" " * n + "- [ ] a" for n in range(150)),
    "columns": "|a" * 3000 + "\n" + "|-" * 3000 + "\n" + "|\n" * 3000,
    "references": "[a]: x\n" * (HUGE // 7),
}


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_shown_as_words_and_soon(name):
    """What would take the square of its length: minutes, far beyond a test's own limit."""
    html = html_of(MONSTERS[name])
    seen = Seen(html)
    assert seen.tags <= SAFE and not seen.open
    assert len(html) < 20 * HUGE and len(seen.open) == 0


@given(st.text('-[] x*_`<>&\n#|!()1.ab"\ue000o0\ue001', max_size=120))
@settings(max_examples=150, deadline=None)
def test_whatever_is_typed_is_balanced_and_every_step_is_opened_and_closed_once(source):
    found = procedure.read(source)
    seen = Seen("".join(piece.html for piece in found.pieces))
    assert seen.tags <= SAFE and not seen.open
    numbers = list(range(len(found.steps)))
    assert sorted(piece.opens for piece in found.pieces if piece.opens is not None) == numbers
    assert sorted(piece.closes for piece in found.pieces if piece.closes is not None) == numbers


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Restart the worker", "Restart  the worker.", True),
        ("Restart `a`", "Restart `b`", False),
        ("chmod -r a", "chmod -R a", False),
        ("cd .", "cd ..", False),
        ("Look into .", "Look into", False),
        ("rm -rf a", "rm -rf /a", False),
        ("Restart the worker", "Restart a worker", False),
    ],
)
def test_a_step_is_known_by_its_words(one, other, same):
    assert (procedure.key(one) == procedure.key(other)) is same
