"""Whether the static files were collected from this version. The settings ask, so it imports no settings."""

from pathlib import Path


def is_collected(root: str | Path, source: Path) -> bool:
    """Whether ``root`` has what is in ``source`` now: what is older was collected from another version."""
    manifest = Path(root, "staticfiles.json")
    if not manifest.exists():
        return False
    at = manifest.stat().st_mtime
    return all(one.stat().st_mtime <= at for one in (source, *source.rglob("*")))
