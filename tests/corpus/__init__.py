"""What was, or could be, used against us: strings and bodies in files, kept for good.

``xss.txt`` is written into every text field; a folder is the kept corpus of one door, and ``README.md`` says how a file
comes into it. ``docs/hostile-input.md`` tells where each is played.
"""

from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


@cache
def xss() -> tuple[str, ...]:
    lines = (HERE / "xss.txt").read_text("utf-8").split("\n")
    return tuple(line for line in lines if line and not line.startswith("##"))
