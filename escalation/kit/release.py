"""Which Baton this is; the same as in ``pyproject.toml``, which need not be where Baton runs."""

VERSION = "0.1.0"
