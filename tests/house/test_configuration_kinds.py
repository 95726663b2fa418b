"""The configuration record can be narrowed to each kind of thing that is on it, and to nothing that never is.

What is on it stands in the code as ``{"what": …}``, wherever the installation's trail is written to.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from escalation.engine import jumps
from escalation.signin.factors.verbs import NAMES
from escalation.trail.configuration import NOT_CHANGES
from incidents.desk.configuration import ELSEWHERE, _recorded

ROOT = Path(__file__).resolve().parents[2]
# Where it is no word but a value: which there are.
VARIES: dict[str, set[str]] = {
    "escalation/notify/reaching.py": {"contact method", "notification rules", "quiet hours", "user"},
    "escalation/signin/guessing.py": {"account", "address"},
    "escalation/signin/factors/verbs.py": {*map(str, NAMES.values()), "recovery codes"} - {"recovery code"},
    "escalation/trail/recorded_admin.py": set(),  # the admin's pages
    "incidents/importers/moving.py": set(),  # as the admin's pages would
    "incidents/webhook_admin.py": {"webhook", "chatroom"},
    "incidents/models/webhooks.py": {"webhook", "chatroom"},
    "escalation/engine/jumps.py": set(),  # no change: the record is read without it
}


def written() -> Iterator[tuple[str, str | None]]:
    """By file, each word that entries call something by; None where it is a value."""
    for room in ("escalation", "incidents"):
        for file in (ROOT / room).rglob("*.py"):
            text = file.read_text()
            if "record_configuration" not in text and "objects.installation()" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                said = _said(node) if isinstance(node, ast.Dict) else {}
                if "what" in said and said.keys() & {"id", "name"}:  # what is without is for a sentence
                    value = said["what"]
                    yield str(file.relative_to(ROOT)), value.value if isinstance(value, ast.Constant) else None


def _said(node: ast.Dict) -> dict[str, ast.expr]:
    pairs = zip(node.keys, node.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}


def on_record() -> set[str]:
    return {word for _file, word in written() if word} | set().union(*VARIES.values())


def test_each_kind_on_the_record_can_be_chosen():
    offered = {*_recorded(), *ELSEWHERE}
    assert on_record() <= offered, on_record() - offered
    assert set(ELSEWHERE) <= on_record(), "and none that is never on it"
    assert len(on_record()) > 20


def test_where_a_word_is_a_value_it_is_said_which_there_are():
    assert {file for file, word in written() if word is None} == VARIES.keys()
    assert jumps.KIND in NOT_CHANGES
