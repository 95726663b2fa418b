"""What anybody may send has a bound, whatever they say of its length."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from escalation.kit.bounded import Bound, bounded

MOST = 10
LITTLE = Bound(4, '{"status": 413}', "application/problem+json")


def bound_of(path: str) -> Bound:
    return LITTLE if path == "/little" else Bound(MOST)


async def reader(scope, receive, send):
    """Takes the body in whole, as Django does, and says how much it was."""
    taken = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        taken += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % taken})


def run(coroutine) -> None:
    """In a thread of its own: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def sends(parts: list[bytes], declared: bytes | None = None, path: str = "/") -> tuple[int, bytes]:
    messages = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ]
    said: list[dict] = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        said.append(message)

    headers = [] if declared is None else [(b"content-length", declared)]
    run(bounded(reader, bound_of)({"type": "http", "path": path, "headers": headers}, receive, send))
    assert [message["type"] for message in said] == ["http.response.start", "http.response.body"]
    parts[:] = [message["body"] for message in messages]
    return said[0]["status"], said[1]["body"]


@pytest.mark.parametrize(
    ("parts", "declared", "status"),
    [
        ([b"x" * 10], b"10", 200),
        ([b"x" * 4] * 2, None, 200),
        ([b""], b"0", 200),
        ([b"x" * 11], b"11", 413),
        ([b""], b"99999999999", 413),  # refused before anything is taken
        ([b"x" * 6] * 2, None, 413),  # in pieces, with no length said
        ([b"x" * 11], b"5", 413),  # a length that is no truth
        ([b"x" * 11], b"lots", 413),
    ],
)
def test_no_more_than_the_bound_is_taken(parts, declared, status):
    whole = sum(map(len, parts))
    got, body = sends(list(parts), declared)
    assert got == status
    assert body == b"%d" % whole if status == 200 else b"larger than" in body


def test_a_path_may_want_less_and_nothing_is_taken_once_it_is_too_much():
    parts = [b"xxx", b"xxx", b"left", b"where it is"]
    assert sends(parts, path="/little") == (413, LITTLE.told)
    assert parts == [b"left", b"where it is"]
    assert sends([b"xxxx"], path="/little") == (200, b"4")


def test_what_is_no_request_goes_through():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    run(bounded(app, bound_of)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
