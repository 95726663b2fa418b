"""Parts a machine may lack. A left-out part is said aloud; with REQUIRE_ALL=1 it fails."""

import os

import pytest

_left_out: dict[str, str] = {}


def missing_part(name: str, how_to_get_it: str) -> None:
    """Leave this test out, loudly; where everything is required, fail it."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is missing: {how_to_get_it}")
    _left_out[name] = how_to_get_it
    pytest.skip(f"{name} is missing: {how_to_get_it}")


def left_out() -> list[str]:
    return [f"{name}. To run these tests: {how}" for name, how in _left_out.items()]
