"""What senders over HTTP have in common: one POST through the guarded way out, and what its answer means.

A refusal for good is permanent (4xx, or a 2xx that says no and nothing of trying again); trouble that may
pass is not (5xx, 408, 425, no answer at all, a redirect, which is not followed). A service that asks
for a pause says for how long.

Nothing of a web address that could be a secret, and no token, ends in a reason or a detail, even
if the other side quotes it.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from escalation.kit import outbound
from escalation.kit.text import one_line

from .masking import masked
from .message import Message, Recipient
from .senders import SendFailed

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

LONGEST = 500  # characters of an address
_QUOTED = 300  # of what the other side said
_LONGEST_PAUSE = 3600.0
_SHUT = (401, 403, 404, 410)  # whatever was said
_PASSING = (408, 425)  # of the refusals, those that are none for good
_MAY_PASS = re.compile(
    r"\b(?:rate|limit|throttl|too.many|retry|again\b|later\b|tempora|time.?out|timed.out|busy|overload|full\b|unavailable"
    r"|internal|(?:408|425|429|5\d\d)\b)",
    re.IGNORECASE,
)
_SECRET = 16  # a part of a web address that is as long as this may be one


@dataclass(frozen=True)
class Reply:
    """What came back. ``facts``: its JSON object; empty if it is none."""

    status: int
    text: str
    facts: Mapping[str, Any]
    headers: Mapping[str, str]
    detail: str  # what was said, without secrets


class Web(ABC):
    """A sender over HTTP; a subclass says who is talked to, what an address is, and carries."""

    name: str
    label: "StrPromise"
    who: str  # as the record calls the other side
    shared = True  # the host is many people's, or this installation's, and no one person's own
    refuses_us: tuple[int, ...] = ()  # answers to credentials that are this installation's
    timeout = settings.SEND_SECONDS
    in_house = False

    def ready(self) -> str:
        return _("In the demonstration nothing leaves this machine.") if settings.DEMO else ""

    def provider(self, address: str) -> str:
        """The host that is talked to."""
        return masked(address) if "://" in address else ""

    @abstractmethod
    def clean(self, address: str) -> str:
        """The address in its one form; ValidationError says what is wrong with it."""

    @abstractmethod
    def carry(self, to: Recipient, message: Message, key: str) -> str:
        """Have it said; returns the other side's id. ``to.address`` is a clean one."""

    def send(self, to: Recipient, message: Message, key: str) -> str:
        return self.carry(self.checked(to), message, key)

    def checked(self, to: Recipient) -> Recipient:
        """With a clean address, or SendFailed: nothing is said to any other, and nothing where nothing may leave."""
        if why := self.ready():
            raise SendFailed("the channel is not set up", permanent=True, detail=why)
        try:
            return replace(to, address=self.clean(to.address))
        except ValidationError as error:
            raise SendFailed("the address is none", permanent=True, detail=" ".join(error.messages)) from None

    def post(
        self,
        url: str,
        key: str,
        said: Mapping[str, Any] | bytes,
        *,
        form: bool = False,
        headers: Mapping[str, str] | None = None,
        hide: tuple[str, ...] = (),
        method: str = "POST",
    ) -> Reply:
        """Send ``said`` as JSON or as a form, bytes as they are; the answer, if it is a 2xx.

        ``hide``: what else is secret, beside the address itself.
        """
        kind = "application/x-www-form-urlencoded" if form else "application/json; charset=utf-8"
        if isinstance(said, bytes):
            body = said
        else:
            body = (urlencode(said) if form else json.dumps(said, ensure_ascii=False)).encode()
        told = {"Content-Type": kind, "X-Baton-Key": printable(key), **(headers or {})}
        try:
            answer = outbound.send(method, url, body=body, headers=told, seconds=self.timeout)
        except outbound.NotAllowed as error:
            raise SendFailed(f"{self.who} may not be talked to", permanent=True, detail=str(error)) from None
        except outbound.OutboundError as error:
            raise SendFailed(f"{self.who} gave no answer", detail=str(error), up=self._up(False)) from None
        text = answer.body.decode("utf-8", "replace")
        detail = one_line(f"{answer.status} {without(text, url, *hide)}", limit=_QUOTED)
        reply = Reply(answer.status, text, facts_of(text), answer.headers, detail)
        if not answer.fine:
            raise self._refusal(reply)
        return reply

    def _refusal(self, reply: Reply) -> SendFailed:
        failed = self.refused(reply)
        failed.status, failed.shut = reply.status, reply.status in _SHUT
        return failed

    def refused(self, reply: Reply) -> SendFailed:
        """What an answer means that is no 2xx."""
        status = reply.status
        pause = pause_of(reply.headers.get("Retry-After"))
        if status == 429:
            reason = f"{self.who} asks for a pause"
            return SendFailed(reason, detail=reply.detail, retry_after=pause, up=self._up(True))
        if 400 <= status < 500 and status not in _PASSING:
            up = self._up(status not in self.refuses_us)
            return SendFailed(f"{self.who} refused ({status})", permanent=True, detail=reply.detail, up=up)
        reason = f"{self.who} is in trouble ({status})"
        return SendFailed(reason, detail=reply.detail, retry_after=pause, up=self._up(False))

    def _up(self, up: bool) -> bool | None:
        return up if self.shared else None

    def unreadable(self, reply: Reply) -> SendFailed:
        """A 2xx that does not say what this service says when it has taken a message."""
        return SendFailed(f"{self.who} gave an answer that cannot be read", detail=reply.detail)


def may_pass(reply: Reply, said: str) -> bool:
    """Whether a refusal in the words of a 2xx speaks of what another try may find mended; else it is for good."""
    return "Retry-After" in reply.headers or speaks_of_a_pause(said)


def speaks_of_a_pause(said: str) -> bool:
    return _MAY_PASS.search(said) is not None


def facts_of(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def pause_of(said: Any) -> float | None:
    """Seconds from a Retry-After, a number or a date; nothing if it says nothing sensible."""
    try:
        seconds = float(said)
    except (TypeError, ValueError):
        try:
            until = parsedate_to_datetime(str(said))
        except ValueError:
            return None
        seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()
    return min(max(seconds, 0.0), _LONGEST_PAUSE) if seconds == seconds else None  # NaN is none


def printable(text: str) -> str:
    """Fit for a header."""
    return re.sub(r"[^\x21-\x7e]", "_", text)


def unset(**needed: object) -> str:
    """Which of the settings an installation lacks, in a sentence."""
    missing = [name for name, value in needed.items() if not value]
    return _("%(setting)s is not set.") % {"setting": missing[0]} if missing else ""


# --- addresses that are web addresses -------------------------------------------------------------


def clean_url(address: str, *, hosts: tuple[str, ...] = (), longest: int = LONGEST) -> str:
    """A web address in canonical form; ``hosts``: where it must lead, a leading dot stands for any host below.

    Plain http is for inner hosts that an admin named. Nothing is resolved here: that is done, and
    checked, when something is sent.
    """
    address = address.strip()
    refused = ValidationError(_("This is no web address that messages can be sent to."))
    if not 0 < len(address) <= longest or re.search(r"[\x00-\x20\x7f\\]", address):
        raise refused
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise refused from None
    scheme = parts.scheme.casefold()
    if not host or parts.username is not None or parts.password is not None or scheme not in ("http", "https"):
        raise refused
    if scheme == "http" and (hosts or not outbound.is_named(host)):
        raise ValidationError(_("The address must begin with https://."))
    if hosts and (port not in (None, 443) or not any(_at(host, one) for one in hosts)):
        raise ValidationError(_("The address must lead to %(hosts)s.") % {"hosts": _(" or ").join(hosts)})
    return _canonical(scheme, host, port, parts.path, parts.query)


def _at(host: str, one: str) -> bool:
    return host.endswith(one) if one.startswith(".") else host == one


def _canonical(scheme: str, host: str, port: int | None, path: str, query: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[scheme]
    place = shown if port in (None, usual) else f"{shown}:{port}"
    return urlunsplit((scheme, place, path or "/", query, ""))


def _secrets(url: str) -> set[str]:
    parts = urlsplit(url)
    pieces = re.split(r"[/?&=;:]", f"{parts.path}?{parts.query}")
    long = {piece for piece in pieces if len(piece) >= _SECRET}
    whole = {text for text in (parts.path, parts.query) if len(text) >= _SECRET}
    return {url, *whole, *long}


def without(text: str, url: str, *hide: str) -> str:
    """``text`` without what of the address may be a secret, and without ``hide``, however it spells them."""
    spelt = {
        form for one in (*hide, *_secrets(url)) if one for form in (one, quote(one, safe=""), json.dumps(one)[1:-1])
    }
    spelt |= {form.replace("/", "\\/") for form in spelt}
    for one in sorted(spelt, key=len, reverse=True):
        text = text.replace(one, "[hidden]")
    return text
