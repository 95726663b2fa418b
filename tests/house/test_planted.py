"""The bugs that are planted, to see whether the property test finds them, fit the code as it is now."""

import subprocess

import pytest

from scripts import planted


@pytest.mark.parametrize("patch", sorted(planted.PATCHES.glob("*.patch")), ids=lambda patch: patch.stem)
def test_a_planted_bug_still_applies(patch):
    """``scripts/planted.py`` plants it; only some of them are planted with each change."""
    tried = subprocess.run(
        ["git", "apply", "--check", patch], cwd=planted.ROOT, capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stderr
