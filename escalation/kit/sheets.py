"""Tables as CSV, line by line, for programs that would take a title for a formula."""

import csv
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain, islice
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

LINES = 200  # that are sent at once
# Also where a table is read with semicolons, behind what nobody sees, and as keyboards of the Far East write it.
_FORMULA = re.compile("(^|[;\t\r\n])(?=[\\s\0\ufeff\u200b]*[=+\\-@＝＋－＠]|[\t\r])")


class _Echo:
    def write(self, line: str) -> str:
        return line


class _Download(StreamingHttpResponse):
    """Read while it is sent, some lines at a time. Django would read all of it first, for a server like ours."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        lines = cast(Iterator[bytes], self.streaming_content)
        while some := await sync_to_async(_next)(lines):
            yield some


def _next(lines: Iterator[bytes]) -> bytes:
    return b"".join(islice(lines, LINES))


def download(name: str, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """A file of that name. What is read while it is sent is the caller's: each row is asked for when it is its turn."""
    writer = csv.writer(_Echo())
    first = writer.writerow(list(head))
    lines: Iterator[Any] = (writer.writerow([_cell(value) for value in row]) for row in rows)
    response = _Download(chain([first], lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return _FORMULA.sub(r"\1'", value)
    if isinstance(value, bool):
        return int(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
