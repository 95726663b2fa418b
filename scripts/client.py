#!/usr/bin/env python
"""Write the API's description, and the client that is made of it, into ``client/``.

python scripts/client.py          write them
python scripts/client.py --check  say what is stale, and fail if anything is
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "client"


def description() -> str:
    """As the installation gives it."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation.settings")
    os.environ.setdefault("SECRET_KEY", "only-to-describe-the-api-and-long-enough-to-be-no-warning")
    django.setup()
    from incidents.api import docs

    return docs.whole().rstrip() + "\n"


def files(described: str) -> dict[Path, str]:
    """What is to stand in each file."""
    import json

    import client_writing

    document = json.loads(described)
    return {
        CLIENT / "openapi.json": described,
        CLIENT / "baton_client" / "_api.py": client_writing.api(document),
        CLIENT / "baton_client" / "_operations.py": client_writing.operations(document),
    }


def stale(described: str) -> list[Path]:
    return [path for path, text in files(described).items() if not path.exists() or path.read_text() != text]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    only_check = parser.parse_args().check
    described = description()
    for path in (old := stale(described)):
        print(("stale: " if only_check else "written: ") + str(path.relative_to(ROOT)))
        if not only_check:
            path.write_text(files(described)[path])
    return 1 if only_check and old else 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
    sys.exit(main())
