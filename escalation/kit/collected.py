"""Static files as browsers should get them: named by their content, compressed, and each stylesheet in one piece.

A stylesheet here is a list of ``@import``: a file for each component. A browser learns of those files only when it has
read the list, and then asks for each, so that its first page waits twice for the network. What is collected has them
written into the list; what is served from the source has not, and stays as it is edited.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'@import url\("(?P<name>[^"/:]+\.css)"\) layer\((?P<layer>[\w-]+)\);')


def inlined(sheet: str, read: Any) -> str:
    """The stylesheet with the neighbours that it imports, each in its layer. ``read``: a neighbour by its name.

    A neighbour imports nothing itself; what it links stays right, since it is in the same folder.
    """

    def block(found: re.Match[str]) -> str:
        return f"@layer {found['layer']} {{\n{read(found['name'])}}}"

    return _IMPORT.sub(block, sheet)


class _Inlining:
    """A storage as the collecting reads it, one stylesheet in one piece."""

    def __init__(self, storage: Storage):
        self._storage = storage

    def open(self, name: str) -> File:
        here = PurePosixPath(name)
        return ContentFile(inlined(self._text(name), lambda near: self._text(str(here.with_name(near)))).encode())

    def _text(self, name: str) -> str:
        with self._storage.open(name) as file:
            return str(file.read().decode())


class Collected(CompressedManifestStaticFilesStorage):
    def post_process(self, paths: dict[str, tuple[Any, str]], *args: Any, **kwargs: Any) -> Iterator[Any]:
        sheets = {name: (_Inlining(storage), path) for name, (storage, path) in paths.items() if name.endswith(".css")}
        yield from super().post_process(paths | sheets, *args, **kwargs)
