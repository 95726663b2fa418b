"""A mail as it came in, read: its words, what it belongs to, and whether nobody wrote it. Pure; never raises.

What cannot be decoded is read as far as it can be, and what is no mail at all is a text: an alert that is told
badly is still an alert. HTML is read for its words alone; nothing in it is kept, followed or shown as HTML.

Anybody may write a mail, and the standard library's readers fail on some: they recurse as deep as parts or comments
are nested, refuse what is no parameter, and take minutes for one long header or for tags that nobody closes. So headers
are cut, what fails is read with less, and HTML is made well-formed by a parser of another make (``nh3``) before it is
read for its words.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from html.parser import HTMLParser

import nh3

from escalation.kit.text import clean, one_line

LONGEST = 64 * 1024  # bytes of a text that are read
PARTS = 50  # of a mail; more are not looked at
HOPS = 30  # a mail that has come through so many hands goes round in a circle
HEADER = 1024
SOURCE = 8 * HEADER  # of a header as it is encoded; of one with parameters, ``HEADER``
COMMENTS = 20  # brackets in a line of addresses; each may be within the one before
_BLOCKS = {
    *("p", "div", "br", "hr", "blockquote", "pre", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "tr", "ul", "ol", "li", "dl", "dt", "dd"),
}
_UNSEEN = {"script", "style", "title", "noscript", "template"}  # with all that is in them
_LINK = re.compile(r"https?://[^\s<>\"')\]]{1,2000}")
_ID = re.compile(r"<[^<>\s]{1,500}>")
_REPLY = re.compile(r"^\s*((re|aw|sv|fwd?|wg|antw)(\[\d+\])?:|\[ext(ernal)?\])\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """``id`` and ``thread`` (the mail that it all began with) are empty if the mail says none."""

    subject: str  # without Re: and the like
    sender: str
    text: str
    link: str
    id: str
    thread: str
    is_reply: bool
    nobodys: str  # why it tells of nothing: a machine's answer, a return, a circle; empty if it does


def read(raw: bytes) -> Letter:
    mail = parsed(raw)
    text = _text(mail) if mail.keys() else _decoded(raw)
    subject = _header(mail, "Subject")
    bare = _bare(subject)
    own = _ids(mail, "Message-ID")[:1]
    before = _ids(mail, "References") or _ids(mail, "In-Reply-To")
    link = _LINK.search(text)
    return Letter(
        subject=bare,
        sender=_sender(mail),
        text=text.strip(),
        link=link.group().rstrip(".,;:!?") if link else "",
        id=own[0] if own else "",
        thread=(before or own or [""])[0],
        is_reply=bare != subject or bool(before),
        nobodys=_nobodys(mail),
    )


def addressed(raw: bytes) -> list[list[str]]:
    """The addresses that say for whom it is: first what the delivering server wrote down, last the mail itself."""
    mail = parsed(raw)
    return [
        [address for name in names for _who, address in _addresses(_header(mail, name))]
        for names in (["Delivered-To"], ["X-Original-To"], ["Envelope-To"], ["To", "Cc"])
    ]


class _Cut(policy.Compat32):
    """Headers of a length that can be read: to find its parameters, one is read as often as it has semicolons."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: HEADER if name.lower().startswith("content-") else SOURCE]


def parsed(raw: bytes) -> Message:
    """With its parts, unless those are nested deeper than anybody writes, or say nonsense of where they end."""
    parser = BytesParser(policy=_Cut())
    try:
        return parser.parsebytes(raw)
    except (RecursionError, ValueError):
        return parser.parsebytes(raw, headersonly=True)


# --- headers ----------------------------------------------------------------------------------


def _header(mail: Message, name: str) -> str:
    """In the words it means (RFC 2047), or as they stand there, in bytes of any kind."""
    raw = next((value for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    if "=?" in raw:
        with suppress(LookupError, ValueError, AssertionError, MessageError):
            raw = str(make_header(decode_header(raw)))
    with suppress(UnicodeEncodeError):  # half of a pair of surrogates, which cleaning takes out
        raw = _decoded(raw.encode("utf-8", "surrogateescape"))
    return one_line(raw, limit=HEADER)


def _ids(mail: Message, name: str) -> list[str]:
    return _ID.findall(" ".join(str(one) for one in mail.get_all(name, []))[:20_000])


def _addresses(line: str) -> list[tuple[str, str]]:
    """(name, address) of each; comments that nobody writes are no comments."""
    return getaddresses([line if line.count("(") <= COMMENTS else line.replace("(", " ").replace(")", " ")])


def _sender(mail: Message) -> str:
    name, address = next(iter(_addresses(_header(mail, "From"))), ("", ""))
    return one_line(f"{name} <{address}>" if name and address else address or name, limit=320)


def _bare(subject: str) -> str:
    bare = subject
    while found := _REPLY.match(bare):
        bare = bare[found.end() :]
    return bare.strip()


def _nobodys(mail: Message) -> str:
    """Monitors say that their mails were generated, and send them in bulk: that is no reason. An answer is one."""
    said = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if mail.get("X-Baton-Key"):
        return "it is one of our own messages"
    if mail.get_content_type() == "multipart/report":
        return "it reports how a mail was delivered"
    if said in ("auto-replied", "auto-notified") or mail.get("X-Autoreply") or mail.get("X-Autorespond"):
        return "it is an automatic reply"
    if _header(mail, "Precedence").lower() == "auto_reply":
        return "it is an automatic reply"
    if len(mail.get_all("Received", [])) > HOPS:
        return "it goes round in a circle"
    return ""


# --- the text ---------------------------------------------------------------------------------


def _text(mail: Message) -> str:
    """The first plain text; else the first HTML, without what makes it HTML; else what could not be taken apart."""
    parts = list(_parts(mail))
    for part in parts:
        if part.get_content_type() == "text/plain":
            return _part(part)
    for part in parts:
        if part.get_content_type() == "text/html":
            return words_of(_part(part))
    in_one_piece = mail.get_content_maintype() == "multipart" and not mail.is_multipart()
    return _part(mail) if in_one_piece else ""


def _parts(mail: Message) -> Iterator[Message]:
    """The parts that say something, without what is attached."""
    for number, part in enumerate(mail.walk()):
        if number == PARTS:
            return
        if not part.is_multipart() and part.get_content_disposition() != "attachment":
            yield part


def _part(part: Message) -> str:
    body, charset = None, ""
    with suppress(ValueError):  # not encoded as it says
        body = part.get_payload(decode=True)
    with suppress(ValueError):  # a name that cannot be one
        charset = str(part.get_content_charset() or "")
    return _decoded(body if isinstance(body, bytes) else str(part.get_payload()).encode("utf-8", "replace"), charset)


def _decoded(body: bytes, charset: str = "") -> str:
    """By the charset that is declared, if it fits; by UTF-8, if that does; else as well as can be."""
    for name, errors in ((charset, "strict"), ("utf-8", "strict"), (charset, "replace"), ("latin-1", "strict")):
        with suppress(LookupError, ValueError, AttributeError):  # no such charset, or one of no text
            decoder = codecs.getincrementaldecoder(name)(errors)
            return clean(str(decoder.decode(body[:LONGEST], final=len(body) <= LONGEST)))
    return ""


class _Words(HTMLParser):
    """Of HTML that is well-formed and has nothing in it but blocks, links and words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href = next((value or "" for name, value in attrs if name == "href"), "")
        else:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag != "a":
            self.said.append("\n")
        elif self._href:
            self.said.append(f" ({self._href})")
            self._href = ""

    def handle_data(self, data: str) -> None:
        self.said.append(data if data.strip() else " ")


def words_of(html: str) -> str:
    """What a reader would read, a block a line, and where its links lead."""
    parser = _Words()
    parser.feed(
        nh3.clean(
            html,
            tags=_BLOCKS | {"a"},
            clean_content_tags=_UNSEEN,
            attributes={"a": {"href"}},
            url_schemes={"http", "https"},
            link_rel=None,
        )
    )
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.said).split("\n"))
    return "\n".join(line for line in lines if line)
