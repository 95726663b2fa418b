"""Is it as it should be? If not, an assertion that says in what it differs."""

from typing import Any


def same(what: str, real: Any, plain: Any) -> None:
    if real == plain:
        return
    if isinstance(real, dict) and isinstance(plain, dict):
        real, plain = (
            {name: value for name, value in one.items() if name not in other or other[name] != value}
            for one, other in ((real, plain), (plain, real))
        )
    raise AssertionError(f"{what}:\n    is        {real}\n    should be {plain}")
