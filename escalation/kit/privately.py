"""Files that nobody else may read: what is in a copy or a bundle is guarded everywhere else."""

import os


def privately(path: str, flags: int) -> int:
    """An ``opener``: what is made is its owner's alone, whatever the umask."""
    return os.open(path, flags, 0o600)
