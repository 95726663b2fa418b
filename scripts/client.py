#!/usr/bin/env python
"""Write the API's description, and the client that is made of it, into ``client/``.

python scripts/client.py          write them
python scripts/client.py --check  say what is stale, and fail if anything is
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "client"
PACKAGE = CLIENT / "baton_client"
WRITTEN = ("_api", "_operations")  # all of them


def description() -> str:
    """As the installation gives it."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation.settings")
    os.environ.setdefault("SECRET_KEY", "only-to-describe-the-api-and-long-enough-to-be-no-warning")
    django.setup()
    from incidents.api import docs

    return compact(json.loads(docs.whole()))


def compact(document: dict[str, Any]) -> str:
    """JSON with a line for each operation and each schema, so that a change shows as the lines that it changes."""
    paths = _object({path: _object(methods, 2) for path, methods in document["paths"].items()}, 1, written=True)
    parts = {name: _line(part) for name, part in document.items()}
    parts["paths"] = paths
    schemas = _object(document["components"]["schemas"], 2)
    others = {name: _line(part) for name, part in document["components"].items()}
    parts["components"] = _object(others | {"schemas": schemas}, 1, written=True)
    return _object(parts, 0, written=True) + "\n"


def _object(members: dict[str, Any], depth: int, *, written: bool = False) -> str:
    """``written``: its members are JSON already."""
    space = " " * depth
    lines = (f"{space} {_line(name)}: {part if written else _line(part)}" for name, part in members.items())
    return "{\n" + ",\n".join(lines) + f"\n{space}}}"


def _line(part: Any) -> str:
    return json.dumps(part)


def files(described: str) -> dict[Path, str]:
    """What is to stand in each file."""
    import client_files

    written = client_files.files(json.loads(described))
    return {CLIENT / "openapi.json": described, **{PACKAGE / name: text for name, text in written.items()}}


def stale(described: str) -> list[Path]:
    """What has another text than it is to have, and what is to be there no more."""
    wanted = files(described)
    there = {path for folder in WRITTEN for path in (PACKAGE / folder).glob("*.py")}
    return sorted(path for path in wanted.keys() | there if not path.exists() or path.read_text() != wanted.get(path))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    only_check = parser.parse_args().check
    described = description()
    wanted, old = files(described), stale(described)
    for path in old:
        print(("stale: " if only_check else "written: ") + str(path.relative_to(ROOT)))
        if not only_check:
            _write(path, wanted.get(path))
    return 1 if only_check and old else 0


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
    sys.exit(main())
