"""A procedure's Markdown, made safe to show and cut at its steps. Pure: plain text in, plain text out.

A step is a task-list item (``- [ ] Restart the worker``). The reader's page has to put something before and
after each step's words (what was ticked, how often it worked, buttons), so the HTML comes in pieces, which
in their order, with anything balanced in between, are one whole.

Who writes a procedure is trusted little: raw HTML is shown as it was typed, pictures become links (a page
loads nothing from elsewhere), and what the renderer makes is sieved once more by a list of what may stay.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from escalation.kit.text import clean

LONGEST = 20_000  # characters
PARTS = 10_000  # of what a table of a thousand columns comes to there is more: shown as it was typed
SIGNS = 400  # in one paragraph; whatever has more is shown as it was typed, since reading it takes their square
_BOX = re.compile(r"\[[ xX]\]\s+")
_MARKS = re.compile("[\ue000\ue001]")  # ours, while we work; nobody's words need them
_CUT = re.compile("\ue000([oc])([0-9]+)\ue001")
_FULL_STOP = re.compile(r"(?<=[^\W_])\.$")
_SIGN = re.compile(r"[][<`*_~!&\\]")
_TAGS = {
    *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "a", "ul", "ol", "li"),
    *("h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "li": {"class"}}
_SCHEMES = {"http", "https", "mailto"}


def _inline(state: StateCore) -> None:
    """Each paragraph's own formatting."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            if len(_SIGN.findall(token.content)) <= SIGNS:
                state.md.inline.parse(token.content, state.md, state.env, token.children)
            else:
                token.children.append(Token("text", "", 0, content=token.content))


_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_markdown.core.ruler.at("inline", _inline)


@dataclass(frozen=True)
class Piece:
    """Some HTML, and what follows it: a step begins (``opens``) or has been said (``closes``); by its index."""

    html: str
    opens: int | None = None
    closes: int | None = None


@dataclass(frozen=True)
class Procedure:
    steps: Sequence[str]  # the words of each, without their formatting
    pieces: Sequence[Piece]


@lru_cache(maxsize=256)
def read(source: str, top: int = 2) -> Procedure:
    """``top`` is the level that a first-level heading gets, so that it fits under the page's own."""
    source = _MARKS.sub("", clean(source))
    tokens = _markdown.parse(source)
    if len(tokens) > PARTS:
        tokens = [Token("code_block", "code", 0, content=source)]
    steps: list[str] = []
    whole: list[Token] = []
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + top - 1)}"
        elif token.type == "inline":
            token.children = [one for child in token.children or [] for one in _no_picture(child)]
            words = _step(whole[-2:], token)
            if words:
                whole[-2].attrSet("class", "step")
                _opened(token, len(steps))
                steps.append(words)
        elif token.type == "paragraph_close" and _is_open(whole[-1]):
            mark = Token("text", "", 0, content=f"\ue000c{len(steps) - 1}\ue001")
            whole += [token, Token("inline", "", 0, children=[mark])]  # not in its paragraph, where no form may be
            continue
        whole.append(token)
    html = _markdown.renderer.render(whole, _markdown.options, {})
    safe = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return Procedure(tuple(steps), tuple(_pieces(safe)))


def key(words: str) -> str:
    """By which a step is known again: its words, whatever their spacing and full stop. Commands are among them, and
    for these ``-r`` and ``-R``, or ``.`` and ``..``, are not the same."""
    return _FULL_STOP.sub("", " ".join(words.split()))


def _no_picture(token: Token) -> list[Token]:
    """A picture is a link to it."""
    if token.type != "image":
        return [token]
    words = Token("text", "", 0, content=token.content or str(token.attrs.get("src", "")))
    link = Token("link_open", "a", 1, attrs={"href": token.attrs.get("src", "")})
    return [link, words, Token("link_close", "a", -1)]


def _step(before: Sequence[Token], inline: Token) -> str:
    """The words of a list item that begins with a box; empty if this is no such item."""
    children = inline.children or []
    begins = [token.type for token in before] == ["list_item_open", "paragraph_open"]
    if not begins or not children or children[0].type != "text" or not _BOX.match(children[0].content):
        return ""
    said = [" " if child.type.endswith("break") else child.content for child in children]
    return " ".join(_BOX.sub("", "".join(said), count=1).split())


def _opened(inline: Token, number: int) -> None:
    children = inline.children or []
    children[0].content = _BOX.sub("", children[0].content, count=1)
    inline.children = [Token("text", "", 0, content=f"\ue000o{number}\ue001"), *children]


def _is_open(token: Token) -> bool:
    return bool(token.children and token.children[0].content.startswith("\ue000o"))


def _pieces(html: str) -> list[Piece]:
    parts = _CUT.split(html)
    found = []
    for at in range(0, len(parts) - 1, 3):
        text, which, number = parts[at : at + 3]
        found.append(Piece(text, opens=int(number)) if which == "o" else Piece(text, closes=int(number)))
    return [*found, Piece(parts[-1])]


def fingerprint(source: str) -> str:
    """A short word that is another one for other words."""
    return blake2b(source.encode("utf-8", "replace"), digest_size=8).hexdigest()
