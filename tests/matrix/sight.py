"""Who may read what, in plain words: the rules of ``docs/permissions.md``, apart from the code that keeps them.

Each text of the scene carries the mark of those who may read it. ``MAY_READ`` says which roles these are.
"""

import re
from collections.abc import Mapping

# The roles, in the order of the columns. Ann and Nora are of the team North, Bea and Sue of South.
ROLES = ("nobody", "ann", "nora", "bea", "sue", "ivy", "ada", "otto", "gus")
COLUMNS = {
    "nobody": "nobody",
    "ann": "agent",
    "nora": "leads",
    "bea": "agent2",
    "sue": "leads2",
    "ivy": "invited",
    "ada": "admin",
    "otto": "auditor",
    "gus": "ended",
}
ALL = {"ada", "otto"}  # of what is about incidents, admins and auditors read everything
NORTH, SOUTH = {"ann", "nora", "pat"} | ALL, {"bea", "sue"} | ALL
# What opens with a key shows what its owner may read, whoever has it: Pat is no viewer, but has keys.

MAY_READ: Mapping[str, set[str]] = {
    "zqnorth": NORTH,
    "zqsouth": SOUTH,
    "zqshut": {"ivy", "pat"} | ALL,  # a restricted incident of North's: who was let in, not its teams
    "zqhush": {"pat"} | ALL,  # one of South's, in which nobody of these takes part
    "zqplannorth": {"nora"} | ALL,  # drills to come
    "zqplansouth": {"sue"} | ALL,
    "zqmine": {"ann", "ada"},  # Ann's own: names of her tokens
    "zqbeas": {"bea", "ada"},
    "zqpats": {"pat", "ada"},  # Pat's: of Ann's team, and none of the viewers
    "zqanns": {"ann"},  # what not even admins read: addresses in full, private views, calendars
    "zqpatsown": {"pat"},
    "zqkeeper": {"ada"},  # of what admins keep: sources, webhooks, channels
    "zqsecret": set(),  # nobody, ever
}
# In the record of how the installation works auditors read the names of what was changed, as admins do.
CONFIGURATION = ("configuration",)
_MARK = re.compile("|".join(sorted(MAY_READ, key=len, reverse=True)))  # none stands in a key drawn by lot
_REF = re.compile(r"INC-(\d+)")


def marks_in(text: str) -> set[str]:
    """The marks that stand in a text, however it is written."""
    return set(_MARK.findall(text.casefold()))


def refs_in(text: str) -> set[int]:
    return {int(number) for number in _REF.findall(text)}


EXAMPLES = {1042}  # what our own words name where somebody may type a number, whether there is such an incident or not


def hidden_from(role: str, text: str, refs: Mapping[int, str], asked: set[int]) -> set[str]:
    """What stands in an answer and is not for this role: marks, and references of incidents it may not see.

    ``refs``: the mark of each incident by its number; ``asked``: the numbers that the request named itself.
    """
    marks = {mark for mark in marks_in(text) if role not in MAY_READ[mark]}
    numbers = {n for n in refs_in(text) - asked - EXAMPLES if n in refs and role not in MAY_READ[refs[n]]}
    return marks | {f"INC-{n}" for n in numbers}
