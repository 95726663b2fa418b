"""What people have changed here since it came over stays as they made it. Pure.

An origin keeps a mark of each fact as the last import left it. What is marked otherwise now was changed here, and is
spared, whatever they say there. Of what an import only adds to (members, covers) each part has a mark: what came over,
is there still and is not here any more was taken away by somebody, and is not brought back.

Marks, and no values: they name nobody.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

Facts = dict[str, Any]
Marks = dict[str, Any]


def mark(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def spared(wanted: Facts, here: Facts, marks: Mapping[str, Any], added: Collection[str]) -> tuple[Facts, list[str]]:
    """What is to be written, and the names of the facts that stay as they are ``here``, though they differ."""
    found, kept = dict(wanted), []
    for name, value in wanted.items():
        if name not in marks or here.get(name) == value:
            continue
        if name in added:
            found[name] = _not_brought_back(value, here[name], marks[name])
        elif marks[name] != mark(here[name]):
            found[name] = here[name]
        if found[name] != value:
            kept.append(name)
    return found, kept


def marks_of(asked: Facts, left: Facts, before: Marks, kept: Collection[str], added: Collection[str]) -> Marks:
    """Of facts as this import has ``left`` them; what was spared is marked as ``before``."""
    whole = {name: before[name] if name in kept else mark(value) for name, value in left.items() if name not in added}
    return whole | {name: sorted(map(mark, asked[name])) for name in left if name in added}


def _not_brought_back(value: Any, here: Any, marks: Collection[str]) -> Any:
    stay = [one for one in value if one in here or mark(one) not in marks]
    return {one: value[one] for one in stay} if isinstance(value, dict) else stay
