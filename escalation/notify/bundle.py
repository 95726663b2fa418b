"""Several messages to one person in one, as a list: each in the words it would have had alone.

However many there are, the message stays one that can be read: ``LISTED`` of them are spelt out,
the rest is counted, and My cues, where the link leads, has them all.
"""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from escalation.kit.text import clean

from .comparing import compared
from .message import ASKING, SUBJECT, Message, Recipient, compose, fitted, full_of, message_of, words_of

LISTED = 20
_QUOTE = 400  # of what somebody wrote; the page has all of it


def compose_all(facts: Sequence[Mapping[str, Any]], *, to: Recipient, at: datetime) -> Message:
    """The one message that stands for all of ``facts``, which come worst first. Never raises."""
    if len(facts) == 1:
        return compose(facts[0], to=to, at=at)
    every = [words_of(one, to, at) for one in facts]
    late, each = _lateness(every)
    listed = [_item(number, {**words, **each}) for number, words in enumerate(every[:LISTED], start=1)]
    text = "\n\n".join([*listed, _more(len(every) - len(listed))])
    first = next((words for words in every if words["kind"] in ASKING), None)
    return message_of({**_headline(facts, every), **late, "text": text}, at, first=first)


def _headline(facts: Sequence[Mapping[str, Any]], every: Sequence[dict[str, str]]) -> dict[str, str]:
    """How many, how many of them ask for something, until when, and the worst."""
    asking = [n for n, words in enumerate(every) if words["kind"] in ASKING]
    incidents, drills = {words["ref"] for words in every}, [words for words in every if words["drill"]]
    first = min((n for n in asking if every[n]["until"]), key=lambda n: str(facts[n]["until"]), default=None)
    return {
        **every[0],
        "kind": "bundle",
        "link": f"{settings.ADDRESS}/",
        "drill": "yes" if len(drills) == len(every) else "",  # else each says so itself
        "answer": "",  # each has its own, in the list
        "reply": "",
        "begins": max((words.get("begins", "") for words in every), default=""),
        "loud": "yes" if any(words["loud"] for words in every) else "",
        "button": "",
        "page": "",
        "messages": str(len(every)),
        "asking": str(len(asking) or ""),
        "links": str(len(asking) or ""),
        "incidents": str(len(incidents)),
        "all_call": "yes" if len(asking) == len(every) and len(incidents) > 1 else "",
        "first": "" if every[0]["ref"] else fitted(every[0], "subject", SUBJECT),  # there is no incident among them
        "why": "",
        "until": "" if first is None else every[first]["until"],
        "until_long": "" if first is None else every[first]["until_long"],
    }


def _lateness(every: Sequence[dict[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """What the whole says of what comes late, once for all of it; and what changes for each in the list.

    After an outage all of it has the same reason; how late each is may differ, and then each says that alone.
    """
    late = [words for words in every if words["late"]]
    if len(late) < 2 or len({words["jumped"] for words in late}) > 1:
        return {"late": ""}, {}
    every_late, spans = len(late) == len(every), {words["late"] for words in late}
    said = {"late": "", "late_why": "yes", "late_all": "yes" if every_late else "", "jumped": late[0]["jumped"]}
    if every_late and len(spans) == 1:
        return {**said, "late_by": late[0]["late"]}, {"late": ""}
    return said, {"late_why": "above"}


def _item(number: int, words: dict[str, str]) -> str:
    """One of them: its reference and title, then what a message of its own would have said."""
    inside = {**words, "text": clean(words["text"], limit=_QUOTE), "listed": "yes", "drill": ""}
    body = full_of(inside | compared(inside))
    mark = "DRILL:" if words["drill"] else ""
    title = " ".join(filter(None, [mark, words["severity"], words["ref"], words["title"]]))
    return f"{number}. {title}\n\n{textwrap.indent(body.strip(), '   ')}"


def _more(rest: int) -> str:
    return f"And {rest} more, none of them worse. My cues has them all:" if rest else "My cues has them all:"
