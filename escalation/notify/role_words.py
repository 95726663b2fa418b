"""What a message says of a role: what it asks of whoever has it, and what became of it."""

from collections.abc import Mapping

_ASKS = {
    "lead": "decide what is done next, and by whom",
    "communicator": "tell those outside how it stands, by the promised times",
    "scribe": "write down what is tried, decided and found, while it happens",
}


def words(facts: Mapping[str, str]) -> dict[str, str]:
    return {"asks_of_you": _ASKS.get(facts.get("role", ""), "")}
