"""The page of a series of storms: made from what was kept, which may be of before something was counted."""

import json
import sys

import pytest

from scripts import chaos, chaos_report
from scripts.chaos_judge import COUNTS

BEFORE = f"# Chaos\n\n{chaos_report.BEGIN}\nold\n{chaos_report.END}\n\nAfter it.\n"
HELD = {"profile": "kill", "db": "sqlite", "seed": 1, "seconds": 180.0, "ok": True, **dict.fromkeys(COUNTS, 0)}
FAILED = {**HELD, "seed": 2, "ok": False, "not_injected": ["point drain.claimed: nobody came by"]}


@pytest.fixture
def docs(tmp_path, monkeypatch):
    monkeypatch.setattr(chaos_report, "RAW", tmp_path / "chaos.json")
    monkeypatch.setattr(chaos_report, "PAGE", tmp_path / "chaos.md")
    (tmp_path / "chaos.md").write_text(BEFORE)
    return tmp_path


def lines(docs) -> list[str]:
    return (docs / "chaos.md").read_text().splitlines()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_says_of_which_day_and_program_it_is(docs):
    chaos_report.write([HELD, FAILED], of=3, taken="2026-03-02 0123456789")
    said = lines(docs)
    assert "- played on: 2026-03-02 0123456789" in said
    assert "- result: 1 of 3 storms held" in said
    assert any(line.startswith("- cores: ") for line in said)
    assert (said[0], said[-1], "old" in said) == ("# Chaos", "After it.", False)
    head, _rule, *rows = [cells(line) for line in said if line.startswith("|")]
    assert {count.replace("_", " ") for count in COUNTS} <= set(head)
    assert [row[head.index("contradicted")] for row in rows] == ["0", "0"]
    assert rows[1][-1] == "FAILED; point drain.claimed: nobody came by"


def test_the_page_is_made_again_from_what_was_kept(docs, monkeypatch):
    chaos_report.write([HELD, FAILED], of=3, taken="2026-03-02 0123456789")
    made = lines(docs)
    (docs / "chaos.md").write_text(BEFORE)
    monkeypatch.setattr(sys, "argv", ["chaos.py", "--page"])
    chaos.main()
    assert lines(docs) == made


def test_what_was_kept_before_something_was_counted_has_a_dash(docs):
    old = {name: value for name, value in HELD.items() if name != "contradicted"}
    (docs / "chaos.json").write_text(json.dumps({"machine": {"cores": "2"}, "storms": [old]}))
    chaos_report.rewrite()
    said = lines(docs)
    assert {"- cores: 2", "- played on: not noted", "- result: 1 of 1 storms held"} <= set(said)
    head, _rule, row = [cells(line) for line in said if line.startswith("|")]
    assert row[head.index("contradicted")] == "–"
