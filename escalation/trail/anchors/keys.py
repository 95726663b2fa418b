"""This host's key for anchors: 32 bytes beside the database, never in it.

Made on first use, so that no record stands a minute without anchors because somebody forgot a step; its public half is
what ``manage.py anchorkey`` and ``setup`` print, for somebody to keep elsewhere. Another key follows it only by an
anchor that names it and is signed by the one before; the new one lies beside the old until all logs have that anchor.
"""

import os
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings


def file() -> Path:
    return Path(settings.HOME, ".baton", "demo-anchor.key" if settings.DEMO else "anchor.key")


def coming_file() -> Path:
    return file().with_suffix(".next")


def current() -> Ed25519PrivateKey:
    """The key; made if there is none. Raises OSError, and ValueError if what is there is no key."""
    return _kept(file()) or _made(file())


def coming() -> Ed25519PrivateKey | None:
    """The key that is about to follow."""
    return _kept(coming_file())


def prepare() -> Ed25519PrivateKey:
    """Make the key that is to follow, unless one lies there from an attempt before."""
    return coming() or _made(coming_file())


def follow() -> None:
    """The coming key is the key from now on."""
    coming_file().replace(file())
    _settle(file().parent)


def public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _kept(path: Path) -> Ed25519PrivateKey | None:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{path} holds no key") from error


def _made(path: Path) -> Ed25519PrivateKey:
    """Two who make it at once have the one that was first: a whole file is linked to its name, or not."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(os.urandom(32).hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _settle(path.parent)
    key = _kept(path)
    assert key is not None
    return key


def _settle(folder: Path) -> None:
    """A name is on disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)
