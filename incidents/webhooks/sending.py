"""Claim, talk, record. At least once: who dies between the talk and the record has it said again, under the same id.

A talk never touches the database; what it needs is read before, and how it went is written by the worker that began it,
only while the lease is still its own.
"""

import hashlib
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction

from escalation.engine import deliver, lookout, standstill
from escalation.kit import clock, outbound, sealing
from escalation.kit.alone import alone
from escalation.kit.sealed import unseal
from escalation.kit.text import clean
from escalation.notify.web import pause_of, without
from escalation.trail.models import EntryText
from incidents.models import Access, Incident, Webhook, WebhookMessage, WebhookTry
from incidents.models.chat_rooms import chat_of
from incidents.models.webhook_telling import instant

from . import claiming, rooms, writing
from .claiming import FAILING, Claimed
from .outcome import NO_LONGER, Outcome

log = logging.getLogger(__name__)

TALKS = 16  # at the same time in one worker
BESIDE = 30.0  # seconds: so long a turn goes on beside talks that take their time; with theirs, within the task's own
ANSWER = 4096  # bytes of an answer that are kept
LONGEST_PAUSE = 3600.0  # seconds, whatever a receiver asks for
SLOWER = (429, 502, 503, 504)  # a receiver that wants to be asked more seldom
GONE = 410
ROUNDS = 100  # messages given up in a row
DAYS = timedelta(days=5)  # of nothing but failures
_JITTER = 0.2
_LOOK = 0.25  # seconds between two claims that find nothing free
_REST_MOST = 60  # seconds between two tries of one that fails, as long as it does not ask for more
REFUSALS = 3  # of a chat's channel, in a row
PACE = timedelta(seconds=1)  # between two messages in one channel


def next_due() -> datetime | None:
    """For who watches the rows: nothing while nothing may leave."""
    due = claiming.next_due()
    return None if due is None or standstill.held() else due


def send_due(*, seconds: float = 5.0) -> int:
    """Tell what is due, in a short turn. Returns how many tries were made. One worker of a host at a time."""
    if lookout.stopped():
        return 0
    with alone(_seat()) as mine:
        return _turn(seconds) if mine else 0


def _seat() -> Path:
    database = hashlib.sha256(str(connection.settings_dict["NAME"]).encode()).hexdigest()[:16]
    folder = Path(settings.HOME, ".baton")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"webhooks-{database}"


def _turn(seconds: float) -> int:
    """As long as something is due, for ``seconds``; beside a receiver that takes its time, others have theirs.

    What fails before a talk ends the turn, when all that began is recorded.
    """
    began, tries, look_at = time.monotonic(), 0, 0.0
    talks: set[Future[Outcome]] = set()
    trouble: Exception | None = None
    with ThreadPoolExecutor(TALKS) as pool:
        while True:
            at = time.monotonic()
            goes_on = trouble is None and at < began + (max(seconds, BESIDE) if talks else seconds)
            free = not talks or (len(talks) < TALKS and at >= look_at)
            try:
                if goes_on and free and not _calls_wait() and is_due():
                    claimed = claiming.claim(TALKS - len(talks))
                    look_at = at if claimed else at + _LOOK  # what is due waits for a talk that is under way
                    tries += len(claimed)
                    for one in claimed:
                        talks.add(pool.submit(_talk, one, _packed(one)))
            except Exception as error:
                trouble = error
            if not talks:
                break
            over, talks = wait(talks, timeout=0.05, return_when=FIRST_COMPLETED)
            for talk in over:
                record(talk.result())
    if trouble is not None:
        raise trouble
    return tries


def is_due() -> bool:
    """Looked at without a transaction: on SQLite a claim takes the one lock."""
    due = claiming.next_due()
    return due is not None and due <= clock.now()


def _calls_wait() -> bool:
    due = deliver.next_due()
    return due is not None and due <= clock.now()


# --- talking --------------------------------------------------------------------------------------


def _packed(claimed: Claimed) -> Callable[[], Outcome]:
    """The talk, with all it needs: its thread never touches the database."""
    try:
        if claimed.message.hook.is_chat:
            return rooms.letter(claimed)
        if why := _withheld(claimed.message):
            return lambda: Outcome(claimed, why, withheld=True)
        return _letter(claimed)
    except sealing.Unreadable:
        return lambda: Outcome(
            claimed, "its secret cannot be read: neither SECRET_KEY nor BATON_SEALING_KEY opens it", unsigned=True
        )
    except Error:  # says nothing of this message: its lease ends, and it is tried again
        raise
    except Exception:
        log.exception("message %s cannot be written", claimed.message.mid)
        return lambda: Outcome(claimed, "it could not be written", withheld=True)


def _talk(claimed: Claimed, talk: Callable[[], Outcome]) -> Outcome:
    """A talk that fails in a way nobody thought of is a try that failed, and takes no other with it."""
    try:
        return talk()
    except Exception:
        log.exception("the talk about message %s failed", claimed.message.mid)
        return Outcome(claimed, "the talk failed on our side")


def _letter(claimed: Claimed) -> Callable[[], Outcome]:
    message, hook = claimed.message, claimed.message.hook
    event = event_of(message)
    body = writing.body_of(event, format=hook.format, address=settings.ADDRESS)
    keys = hook.keys(clock.now())
    authorization = unseal(hook, "authorization").decode() if hook.authorization else ""

    def talk() -> Outcome:
        began = clock.steady()
        if began > claimed.last_call:  # frozen since the claim: somebody else may have this message
            return Outcome(claimed, "its worker stood still until its time was nearly over, and said nothing")
        headers = writing.headers_of(
            event,
            body,
            now=int(time.time()),
            keys=keys,
            format=hook.format,
            address=settings.ADDRESS,
            authorization=authorization,
        )
        try:
            answer = outbound.send(
                "POST", hook.url, body=body, headers=headers, seconds=settings.WEBHOOK_SECONDS, most=ANSWER
            )
        except outbound.OutboundError as error:
            return Outcome(claimed, str(error), took=clock.steady() - began)
        took, hide = clock.steady() - began, (authorization, *filter(_may_be_key, authorization.split()))
        said = clean(without(answer.body.decode("utf-8", "replace"), hook.url, *hide))
        reason = "" if answer.fine else f"it answered {answer.status}"
        return Outcome(claimed, reason, answer.status, said, pause_of(answer.headers.get("Retry-After")), took)

    return talk


def _may_be_key(word: str) -> bool:
    """Of a header such as “Bearer …”; a receiver may quote what it was shown."""
    return len(word) >= 8


def event_of(message: WebhookMessage) -> writing.Event:
    """With what somebody wrote as it is today: a text that was taken off the record does not leave. Nor does the name
    of what it was merged into, if that was restricted since."""
    text = ""
    if message.trail_id is not None:
        entry = {"entry__trail": message.trail_id, "entry__seq": message.seq}
        text = EntryText.objects.filter(**entry).values_list("text", flat=True).first() or ""
    return writing.Event(message.mid, message.type, instant(message.at) or "", _facts(message), text)


def _facts(message: WebhookMessage) -> dict[str, Any]:
    facts: dict[str, Any] = message.facts
    named = facts.get("incident", {}).get("merged_into")
    if not named or message.hook.restricted:
        return facts
    if not Incident.objects.filter(number=named.removeprefix("INC-"), restricted=True).exists():
        return facts
    change = {name: value for name, value in facts["change"].items() if name != "merged_into"}
    return {**facts, "incident": {**facts["incident"], "merged_into": None}, "change": change}


def _withheld(message: WebhookMessage) -> str:
    """What was to be told may have become a secret since, or the webhook was given less to see."""
    if settings.DEMO:
        return "in the demonstration nothing leaves this machine"
    if message.trail_id is None:
        return ""
    incident = Incident.objects.filter(trail=message.trail_id).values_list("pk", "restricted").first()
    if incident is None:
        return NO_LONGER
    pk, restricted = incident
    teams = Access.objects.filter(incident=pk, team__isnull=False).values_list("team", flat=True)
    return "" if message.hook.listens().may_hear(restricted=restricted, teams=set(teams)) else NO_LONGER


# --- recording ------------------------------------------------------------------------------------


def record(outcome: Outcome) -> bool:
    """Write how a try went; False if it was not ours any more. What cannot be written is tried again."""
    try:
        hook = _record(outcome)
        if hook is not None and (why := _hopeless(hook, outcome, clock.now())):
            hook.give_up(why, clock.now())
    except Exception:
        log.exception("how message %s went could not be recorded", outcome.claimed.message.mid)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        return False
    return hook is not None


def _record(outcome: Outcome) -> Webhook | None:
    mine = outcome.claimed.message
    with transaction.atomic():
        hook = Webhook.objects.select_related("chat").select_for_update(of=("self",), no_key=True).get(pk=mine.hook_id)
        now = clock.now()
        row = WebhookMessage.objects.filter(pk=mine.pk, lease=mine.lease, state=WebhookMessage.State.SENDING)
        change = _change(hook, outcome, now)
        if not row.update(**change, **({"facts": {"said": outcome.said}} if outcome.said else {}), lease=""):
            return None
        if (chat := chat_of(hook)) is not None:
            rooms.keep(chat, outcome, now)
        WebhookTry.objects.create(
            message=mine,
            n=mine.attempts,
            at=mine.tried_at or now,
            took_ms=round(outcome.took * 1000) if outcome.took else None,
            status=outcome.status,
            answer=outcome.answer,
            reason=clean(outcome.reason, limit=200),
        )
        if not outcome.withheld and _health(hook, outcome, given_up=change["state"] == "failed", now=now):
            Webhook.objects.filter(pk=hook.pk).update(
                failing_since=hook.failing_since,
                failures=hook.failures,
                given_up=hook.given_up,
                paused_until=hook.paused_until,
            )
    return hook


def _change(hook: Webhook, outcome: Outcome, now: datetime) -> dict:
    """What becomes of the message."""
    states, reason = WebhookMessage.State, clean(outcome.reason, limit=200)
    over = {"next_at": None, "finished_at": now, "reason": reason}
    if not reason:
        return {"state": states.SENT, **over}
    if outcome.withheld or hook.off_at is not None:
        return {"state": states.CANCELLED, **over}
    used = outcome.claimed.message.used
    if used > len(hook.pauses):
        return {"state": states.FAILED, **over}
    pause = hook.pauses[used - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # no secret
    pause = max(pause, min(outcome.retry_after or 0.0, LONGEST_PAUSE))
    return {"state": states.QUEUED, "next_at": now + timedelta(seconds=pause), "reason": reason}


def _health(hook: Webhook, outcome: Outcome, *, given_up: bool, now: datetime) -> bool:
    """What the try says of its receiver. Returns whether anything changed: on a good day no row is written."""
    if not outcome.reason:
        was = (hook.failing_since, hook.failures, hook.given_up, hook.paused_until)
        rest_until = now + PACE if hook.is_chat else None
        hook.failing_since, hook.failures, hook.given_up, hook.paused_until = None, 0, 0, rest_until
        return was != (None, 0, 0, rest_until)
    hook.failures += 1
    hook.failing_since = hook.failing_since or now
    hook.given_up += given_up
    rest = 0.0
    if outcome.status in SLOWER:
        rest = min(outcome.retry_after or 5.0, LONGEST_PAUSE)
    if hook.failures >= FAILING:
        rest = max(rest, min(2.0 ** (hook.failures - FAILING + 1), _REST_MOST))
    hook.paused_until = now + timedelta(seconds=rest) if rest else None
    return True


def _hopeless(hook: Webhook, outcome: Outcome, now: datetime) -> str:
    """Why it is turned off, if it is."""
    if outcome.unsigned:
        return outcome.reason
    chat = chat_of(hook)
    if chat is not None and chat.refusals >= REFUSALS:
        return f"it refused {REFUSALS} times in a row: {outcome.reason}"
    if chat is None and outcome.status == GONE:
        return "it says that it is gone (410)"
    if hook.failing_since is not None and now - hook.failing_since >= DAYS:
        return "nothing was taken for five days"
    return "a hundred events in a row were given up" if hook.given_up >= ROUNDS else ""
