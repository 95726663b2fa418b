"""A bound on what anybody may send, before anything of it is kept.

Django takes a request's body in whole, on disk if need be, before any view or middleware sees it: without
a bound, whoever reaches the door could fill the disk.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]  # scope, receive, send


def bounded(app: App, most: int) -> App:
    """``app``, which never sees more than ``most`` bytes of a body: 413, whatever its length was said to be."""

    async def within(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if _declared(scope) > most:
            await _refuse(send, most)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken <= most:
                return message
            await _refuse(send, most)
            return {"type": "http.disconnect"}  # for the application it ends here

        await app(scope, counted, send)

    return within


def _declared(scope: MutableMapping[str, Any]) -> int:
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(said) if said.isdigit() and len(said) < 19 else 0  # what is no number, the server refuses


async def _refuse(send: Send, most: int) -> None:
    said = f"What you sent is larger than {most // 1024 // 1024} MiB.\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": said})
