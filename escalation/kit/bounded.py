"""A bound on what anybody may send, before anything of it is kept.

Django takes a request's body in whole, on disk if need be, before any view or middleware sees it: without
a bound, whoever reaches the door could fill the disk. Whatever wants less than the whole says so by its path, so that
what is too large for it is not taken either, whether its length was said or not.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]  # scope, receive, send


@dataclass(frozen=True)
class Bound:
    """So many bytes, and what whoever sends more is told: a text of this kind."""

    most: int
    said: str = ""
    kind: str = "text/plain; charset=utf-8"

    @property
    def told(self) -> bytes:
        return (self.said or f"What you sent is larger than {self.most // 1024 // 1024} MiB.\n").encode()


def bounded(app: App, bound_of: Callable[[str], Bound]) -> App:
    """``app``, which never sees more of a body than the bound of its path: 413, whatever its length was said to be."""

    async def within(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        bound = bound_of(scope["path"])
        if _declared(scope) > bound.most:
            await _refuse(send, bound)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken <= bound.most:
                return message
            await _refuse(send, bound)
            return {"type": "http.disconnect"}  # for the application it ends here

        await app(scope, counted, send)

    return within


def _declared(scope: MutableMapping[str, Any]) -> int:
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(said) if said.isdigit() and len(said) < 19 else 0  # what is no number, the server refuses


async def _refuse(send: Send, bound: Bound) -> None:
    headers = [(b"content-type", bound.kind.encode()), (b"connection", b"close"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": bound.told})
