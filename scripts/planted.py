"""Can the property test see? Plants one bug at a time in a copy of the tree and demands that it is found.

    python scripts/planted.py [--only NN …] [--three] [--database URL] [--jobs N] [--planted-only]

Each ``tests/planted/NN-name.patch`` breaks one promise, which its first line names (``# machine: promise``). First
the tree as it is must pass; then each patch must apply, and that machine of the property test must fail on it with
a property's failure, not with an error of another kind. ``--three`` takes three that are found soon;
``--planted-only`` is for whoever has just played the tree as it is.
The working tree is never touched. Exits 1 unless every bug was found; the last line is one JSON object.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATCHES = ROOT / "tests" / "planted"
THREE = ("03", "24", "32")  # one for each machine
PARTS = ("escalation", "incidents", "templates", "static", "tests", "scripts", "manage.py", "pyproject.toml")
TEST = "tests/stateful/test_stateful.py"
LIMIT = 1800  # seconds for one bug; a machine may be slow, but not for ever


@dataclass
class Result:
    patch: str
    promise: str
    verdict: str  # "found", "not found", "does not apply", "failed otherwise"
    seconds: float
    said: str = ""

    @property
    def good(self) -> bool:
        return self.verdict == "found"


def main() -> int:
    options = _options()
    patches = _chosen(options)
    started = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        clean = None if options.planted_only else pool.submit(_clean_tree, options.database)
        tries = [pool.submit(_tried, patch, options.database) for patch in patches]
        results = []
        for one in as_completed(tries):
            results.append(one.result())
            _show(results[-1])
    results.sort(key=lambda result: result.patch)
    whole = clean.result() if clean else ""
    if clean:
        print(f"{'FAILS' if whole else 'passes':<16}           the tree as it is\n{whole}", flush=True)
    good = not whole and all(result.good for result in results)
    summary = {
        "ok": good,
        "found": sum(result.good for result in results),
        "planted": len(results),
        "clean": None if clean is None else not whole,
        "seconds": round(time.monotonic() - started),
        "bugs": [asdict(result) for result in results],
    }
    print(json.dumps(summary))
    return 0 if good else 1


def _show(result: Result) -> None:
    print(f"{result.verdict:<16} {result.seconds:6.0f} s  {result.patch:<36} {result.promise}")
    print(f"{'':27}{result.said}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="NN", help="these patches, by number or name")
    parser.add_argument("--three", action="store_true", help="three that are found soon")
    parser.add_argument("--planted-only", action="store_true", help="without the tree as it is")
    parser.add_argument("--database", help="a DATABASE_URL; without it SQLite")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> list[Path]:
    wanted = THREE if options.three else options.only
    found = [
        patch
        for patch in sorted(PATCHES.glob("*.patch"))
        if not wanted or any(patch.name.startswith(name) for name in wanted)
    ]
    if not found or (wanted and len(found) < len(wanted)):
        sys.exit(f"there is no such patch among {[patch.name for patch in sorted(PATCHES.glob('*.patch'))]}")
    return found


def _clean_tree(database: str | None) -> str:
    """What went wrong without any bug; empty if nothing did."""
    with tempfile.TemporaryDirectory(prefix="baton-planted-") as folder:
        _copy(Path(folder))
        code, said = _play(Path(folder), database, "clean", "")
    return "" if code == 0 else said


def _tried(patch: Path, database: str | None) -> Result:
    started = time.monotonic()
    machine, promise = patch.read_text().partition("\n")[0].removeprefix("# ").split(": ", 1)
    with tempfile.TemporaryDirectory(prefix="baton-planted-") as folder:
        tree = Path(folder)
        _copy(tree)
        applied = subprocess.run(["git", "apply", str(patch)], cwd=tree, capture_output=True, text=True, check=False)
        if applied.returncode:
            verdict, said = "does not apply", applied.stderr.strip()
        else:
            verdict, said = _judged(*_play(tree, database, patch.stem, machine))
    return Result(patch.stem, promise, verdict, round(time.monotonic() - started, 1), said)


def _copy(tree: Path) -> None:
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part)  # with what is compiled: it is found to be of the same files
        else:
            shutil.copy(ROOT / part, tree / part)


def _play(tree: Path, database: str | None, name: str, machine: str) -> tuple[int, str]:
    """The exit code of the property test (or of one of its machines) and what it said, up to the first failure."""
    env = {**os.environ, "BATON_STATEFUL": "planted", "BATON_STATEFUL_FIRST": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    env.pop("DATABASE_URL", None)
    if database:  # a database of its own: pytest puts "test_" before the name
        env["DATABASE_URL"] = f"{database}_{re.sub('[^a-z0-9]', '_', name)[:24]}"
    command = [sys.executable, "-m", "pytest", TEST, "-k", machine, "-x", "-n", "0", "-p", "no:randomly"]
    command += ["--create-db", "--tb=short"]
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return -1, f"not over after {LIMIT} s"
    return done.returncode, done.stdout + done.stderr


def _judged(code: int, said: str) -> tuple[str, str]:
    """A property fails inside a play: with an assertion, or because the database itself would not have it twice."""
    if code == 0:
        return "not found", ""
    failure = re.search(r"^E +((?:AssertionError|django.db.utils.IntegrityError).*(?:\nE .*){0,2})", said, re.MULTILINE)
    if code == 1 and failure and re.search(r"state = \w+\(\)", said):
        return "found", " ".join(re.sub(r"^E +", "", failure[1], flags=re.MULTILINE).split())[:220]
    return "failed otherwise", said[-1500:]


if __name__ == "__main__":
    sys.exit(main())
