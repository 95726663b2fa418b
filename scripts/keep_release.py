#!/usr/bin/env python
"""Keep a small database as this version makes it, for the upgrade test of all later ones.

Before each release: once with ``DATABASE_URL`` of a PostgreSQL, and once without.

python scripts/keep_release.py            of this version, unless it is kept already
python scripts/keep_release.py --again    in its place: only while the version is not released
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from escalation.kit.release import VERSION  # noqa: E402
from tests.console import Console, Machine  # noqa: E402
from tests.upgrades.sample import PLAY  # noqa: E402


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--again", action="store_true", help="replace what is kept of this version")
    again = asked.parse_args().again
    kind = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    file = ROOT / "tests" / "upgrades" / f"{VERSION}-{kind}.zip"
    if file.exists() and not again:
        raise SystemExit(f"{file.name} is kept already. What was released is never changed.")
    with tempfile.TemporaryDirectory() as folder, Console() as console:
        machine = Machine(console, Path(folder, "home"))
        try:
            machine.says("migrate", "--verbosity", "0")
            machine.plays(PLAY)
            file.unlink(missing_ok=True)
            print(machine.says("backup", file).strip())
        finally:
            machine.database.drop()


if __name__ == "__main__":
    main()
