"""Files from others are exactly the ones we list, with source, licence and sum."""

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
ROW = re.compile(r"^\| `(?P<file>[^`]+)` \|(?P<facts>.*)\| `(?P<sum>[0-9a-f]{64})` \|$", re.MULTILINE)


def listed() -> dict[str, str]:
    return {row["file"]: row["sum"] for row in ROW.finditer((VENDOR / "VENDOR.md").read_text())}


def present() -> set[str]:
    files = (path for path in VENDOR.rglob("*") if path.is_file())
    return {path.relative_to(VENDOR).as_posix() for path in files} - {"VENDOR.md"}


def test_every_vendored_file_is_listed_and_every_listed_file_is_there():
    assert set(listed()) == present()


def test_no_vendored_file_was_changed():
    sums = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in present()}
    assert sums == listed()


def test_each_line_names_version_source_and_licence():
    rows = list(ROW.finditer((VENDOR / "VENDOR.md").read_text()))
    assert rows
    for row in rows:
        what, version, source, licence = (cell.strip() for cell in row["facts"].split("|")[:4])
        assert what and re.match(r"\d+\.\d+\.\d+$", version) and source.startswith("`") and licence, row["file"]


def test_no_script_points_to_a_source_map_we_do_not_have():
    assert not [path.name for path in VENDOR.rglob("*.js") if "sourceMappingURL" in path.read_text()]
