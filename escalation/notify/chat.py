"""The words for a chat: the long form without what only a mail needs, and nobody's text as markup.

What somebody wrote must not call a channel, become a link that hides where it leads, or pass for
our own words. Our own links, which lead to this installation, stay links.
"""

import re
from functools import cache

from django.conf import settings

from .message import Message

_GAP = "\u200b"  # zero width: nobody sees it, and no chat reads a mention across it
_FOOTER = "\n--\n"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>|~])")
_LINE_START = re.compile(r"^(\s*\d*)([#+=.)-])", re.MULTILINE)  # a heading, a list, a line under a heading
_MENTION_OR_TAG = re.compile(r"@|[#~](?=\w)|:(?=[a-z+-][a-z0-9_+-]*:)|<|&(?=#?\w+;)|\](?=\()")
_LINK = re.compile(r"(:)(//)|\b(www|mailto|tel)([.:])", re.IGNORECASE)


def body_of(message: Message, *, answer: bool = True) -> str:
    """The long form without its footer, and without the link at its end, which each chat shows in its own way.

    ``answer``: with the line that says where to answer.
    """
    text = message.full.rpartition(_FOOTER)[0] or message.full
    text = text.rstrip().removesuffix(message.link).rstrip()
    if message.answer and not answer:
        text = text.removesuffix(message.answer).rpartition("\n\n")[0]
    return text


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut_bytes(text: str, limit: int) -> str:
    """Not longer than ``limit`` bytes of UTF-8, and no character in halves."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"


def cut_units(text: str, limit: int) -> str:
    """The same in units of UTF-16, in which some chats count."""
    if units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def defused(text: str) -> str:
    """For a chat whose markup is not known: no mention, no link but ours."""
    return "".join(part if ours else _defused(part) for part, ours in _parts(text))


def markdown(text: str) -> str:
    """``text`` as Markdown that shows it as it is; our own links stay links."""
    return "".join(part if ours else _escaped(part) for part, ours in _parts(text))


def _parts(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, and which of them are links of ours, standing alone."""
    ours = _our_links(settings.ADDRESS)
    return [(part, bool(n % 2)) for n, part in enumerate(ours.split(text)) if part]


@cache
def _our_links(address: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)({re.escape(address)}/[A-Za-z0-9_/-]*)(?!\S)")


def _defused(text: str) -> str:
    text = _MENTION_OR_TAG.sub(rf"\g<0>{_GAP}", text)
    return _LINK.sub(lambda found: f"{found[1] or found[3]}{_GAP}{found[2] or found[4]}", text)


def _escaped(text: str) -> str:
    text = _MARKDOWN.sub(r"\\\1", _defused(text))
    return _LINE_START.sub(r"\1\\\2", text)
