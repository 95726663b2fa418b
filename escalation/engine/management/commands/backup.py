"""``manage.py backup FILE_OR_FOLDER``: one copy of everything, while Baton runs."""

import json
import signal
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from escalation.engine.copies import aging, taking
from escalation.engine.copies.archive import Unfit
from escalation.kit import clock


class Command(BaseCommand):
    help = "Makes a copy of everything in one file, while Baton runs, and reads it again. See docs/backup.md."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="a file that is not there yet, or a folder of copies")
        parser.add_argument("--keep", type=int, metavar="N", help="in a folder: remove all but the newest N")
        parser.add_argument("--with-keys", action="store_true", help="the keys too: whoever has the file has all")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        target, keep = options["target"], options["keep"]
        if keep is not None and not target.is_dir():
            raise CommandError(
                f"There is no folder {target}, and --keep wants one. Make it first: mkdir -m 700 {target}"
            )
        if keep is not None and keep < 1:
            raise CommandError("--keep wants a number from 1 on.")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nothing is left behind
        try:
            file, said = taking.take(target, with_keys=options["with_keys"])
        except Unfit as why:
            raise CommandError(str(why)) from None
        try:
            aging.taken(now=clock.now(), file=str(file.resolve()), facts=said)
            removed = _rotated(target, keep, file, said)
        except (Error, OSError) as why:
            first = (str(why).strip().splitlines() or [type(why).__name__])[0]
            raise CommandError(f"{file} is whole, but what follows failed: {first}.") from None
        self.stdout.write((_as_json if options["json"] else _in_words)(file, said, removed))


def _rotated(folder: Path, keep: int | None, newest: Path, said: dict[str, Any]) -> list[Path]:
    return taking.rotate(folder, keep=keep, installation=said["installation"], newest=newest) if keep else []


def _in_words(file: Path, said: dict[str, Any], removed: list[Path]) -> str:
    keys = "with the keys" if said["keys"] else "without the keys"
    if gone_without := said.get("keys_lacking"):
        keys += f" but {' and '.join(gone_without)} (from the environment: keep it elsewhere)"
    gone = f" Older copies removed: {len(removed)}." if removed else ""
    return f"{file}: {_size(file)}, {keys}, read again and whole.{gone}"


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"


def _as_json(file: Path, said: dict[str, Any], removed: list[Path]) -> str:
    names = ("version", "database", "taken_at", "newest_entry", "keys")
    about = {"file": str(file.resolve()), "bytes": file.stat().st_size, **{name: said[name] for name in names}}
    about["keys_lacking"] = said.get("keys_lacking", [])
    return json.dumps(about | {"removed": [str(one) for one in removed]})
