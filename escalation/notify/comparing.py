"""What the templates of messages would have to compare: facts, so that a template asks for presence only."""

from collections.abc import Mapping

from . import role_words

# What is promised, by what the facts call it; and what whoever has the incident can do for it.
_PROMISED = {"response": "an answer", "update": "an update", "resolve": "a resolution"}
_FOR_IT = {
    "response": "Acknowledge it, or escalate it to somebody who can.",
    "update": "Write how it stands, even if that is not much.",
    "resolve": "Resolve it, or escalate it to somebody who can.",
}
_STAGED = {
    "investigating": "it is being looked into",
    "identified": "the cause is known",
    "watching": "it should work again and is being watched",
    "resolved": "it is over",
}
_PUBLISH = "Publish how it stands, even if that is not much."
_WHY_SO = ("rotation", "holidays", "cancelled", "archived", "restored")


def compared(words: Mapping[str, str]) -> dict[str, str]:
    """What a template would have to compare to know: each is there, or empty."""

    def unless(name: str, other: str) -> str:
        return words[name] if words[name] != words[other] else ""

    return {
        "decides": _yes(words["mode"] == "decide"),
        "covered_by": unless("from", "by"),
        "settled_by": unless("by", "from"),
        "decided_by": unless("by", "to"),
        "themselves": _yes(bool(words["by"]) and words["by"] == words["from"]),
        **{why: _yes(words.get("why_so") == why) for why in _WHY_SO},
        "promised": _PROMISED.get(words.get("promise", ""), ""),
        "for_it": _PUBLISH if words.get("counts") == "published" else _FOR_IT.get(words.get("promise", ""), ""),
        "staged": (staged := _STAGED.get(words.get("stage", ""), "")),
        "update": _unquoted(words["text"]) if staged else "",
        **role_words.words(words),
        "then_until": words["until"] if words["then"] else "",
        "listed_page": words["page"] if words["listed"] else "",
        "links": words["answer"] or words.get("asking", ""),
    }


def _yes(said: bool) -> str:
    return "yes" if said else ""


def _unquoted(text: str) -> str:
    """On one line, for where there is no room for more."""
    return " ".join(line.removeprefix(">").strip() for line in text.splitlines())
