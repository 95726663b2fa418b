"""What the guides say can be found where they say it: links, files, and the commands of ``manage.py``."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "client/README.md", *GUIDES]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:tests|scripts|escalation|incidents|deploy|requirements|client)/[\w./*-]*(?:\.\w+|/))`")

pytestmark = pytest.mark.sqlite_enough


def plain(page: Path) -> str:
    """Without what is there to be copied."""
    return re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)


def places(page: Path) -> set[str]:
    """Where a link may lead within a page: its headings as they are addressed, and anchors that it sets itself."""
    heads = re.findall(r"^#+ (.*)$", plain(page), re.MULTILINE)
    words = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", head).lower() for head in heads]
    return {re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in words} | set(
        re.findall(r'<a id="([^"]+)"', page.read_text())
    )


def targets(page: Path) -> list[tuple[Path, str]]:
    """The file and the place on it to which each link within the repository leads."""
    links = [link.partition("#") for link in LINK.findall(plain(page)) if "://" not in link]
    return [((page.parent / name).resolve() if name else page, place) for name, _sign, place in links]


def test_every_link_leads_somewhere():
    astray = [
        f"{page.name}: {file.name}#{place}"
        for page in PAGES
        for file, place in targets(page)
        if not file.exists() or (place and place not in places(file))
    ]
    assert astray == []


def test_every_guide_can_be_found_from_the_first_page():
    """From there or from one that stands there."""
    near = {file for file, _place in targets(ROOT / "README.md")}
    known = near | {file for page in near & set(GUIDES) for file, _place in targets(page)}
    assert [page.name for page in GUIDES if page not in known] == []


def test_every_file_that_is_named_is_there():
    named = {(page.name, name) for page in PAGES for name in FILE.findall(page.read_text())}
    assert [one for one in sorted(named) if not list(ROOT.glob(one[1]))] == []


def test_every_command_of_ours_has_a_word_in_a_guide():
    said = "\n".join(page.read_text() for page in GUIDES)
    folders = [folder for top in ("escalation", "incidents") for folder in (ROOT / top).rglob("management/commands")]
    commands = {file.stem for folder in folders for file in folder.glob("[a-z]*.py")}
    assert len(commands) > 20
    assert [one for one in sorted(commands) if not re.search(rf"(`|manage\.py ){one}\b", said)] == []
