"""A mail without the keys in it, in whichever coding they stand there. Pure; never raises.

A source's key is its address, and mails say for whom they are: in headers, in their text, and in the return address of
whoever wants to know which of many could not be delivered (``bounces+7-KEY=domain@list.example``). What stands in the
place of a key is as long; all else stays as it came, byte for byte.
"""

import base64
import quopri
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.errors import MessageError
from email.header import Header, decode_header, make_header
from email.message import Message
from itertools import islice

from .mailtext import PARTS, parsed

# What stands behind it in an address; also in one that is a part of another, of a link or of HTML. Among other words
# the key that a source has brought along may be a word.
_KEY = rb"(?<!\w)(?:%s)(?=[+@=]|%%40|&#64;|&#x40;|&commat;)"
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_WORD = rb"=\?[^?\s]{1,40}\?[bq]\?[^?\r\n]{0,2000}\?="  # RFC 2047
_WORDS = re.compile(rb"%s(?:\s{0,4}%s){0,49}" % (_WORD, _WORD), re.IGNORECASE)  # one key may be in two of them
_MOST_WORDS = 200
_CODED = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}


def without(raw: bytes, keys: Iterable[str]) -> bytes:
    """``keys``: as they were typed, which may be in capitals here and in small letters there."""
    known = b"|".join(re.escape(key.encode("utf-8", "replace")) for key in sorted(keys, reverse=True))
    key = re.compile(_KEY % known, re.IGNORECASE)
    raw = _masked(key, raw)
    for coded, clear in list(_parts(key, parsed(raw))):
        raw = raw.replace(coded, clear)
    end = _HEADERS_END.search(raw)
    head = raw[: end.start()] if end else raw
    return _WORDS.sub(lambda found: _words(key, found[0]), head, count=_MOST_WORDS) + raw[len(head) :]


def _masked(key: re.Pattern[bytes], said: bytes) -> bytes:
    return key.sub(lambda found: b"*" * len(found[0]), said)


def _parts(key: re.Pattern[bytes], mail: Message) -> Iterator[tuple[bytes, bytes]]:
    """Each that has a key in it, as it is encoded, and the same without."""
    for part in islice(mail.walk(), PARTS):
        encode = _CODED.get(str(part.get("Content-Transfer-Encoding", "")).strip().lower())
        coded = part._payload  # type: ignore[attr-defined]  # bytes and all; ``get_payload`` guesses at some
        if encode is None or not isinstance(coded, str):
            continue
        with suppress(ValueError):  # not encoded as it says
            decoded = part.get_payload(decode=True)
            if isinstance(decoded, bytes) and (clear := _masked(key, decoded)) != decoded:
                yield coded.encode("ascii", "surrogateescape"), encode(clear)


def _words(key: re.Pattern[bytes], coded: bytes) -> bytes:
    with suppress(LookupError, ValueError, AssertionError, MessageError):
        said = str(make_header(decode_header(coded.decode("ascii")))).encode()
        if (clear := _masked(key, said)) != said:
            return Header(clear.decode(), "utf-8").encode().encode()
    return coded
