"""Parts a machine may lack. A left-out part is said aloud; with REQUIRE_ALL=1 it fails."""

import os

import pytest


def everything_is_required() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1"


def examples(most: int) -> int:
    """How often a property is played: ``most`` where everything is required; elsewhere a quarter: somebody waits."""
    return most if everything_is_required() else most // 4


def missing_part(name: str, how_to_get_it: str) -> None:
    """Leave this test out, loudly; where everything is required, fail it."""
    if everything_is_required():
        pytest.fail(f"{name} is missing: {how_to_get_it}")
    pytest.skip(f"{name} is missing: {how_to_get_it}")
