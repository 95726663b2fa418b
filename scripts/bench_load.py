"""A load generator in a process of its own: an open loop, or as fast as the answers come.

Reads one JSON object from stdin: ``{"url", "connections", "messages": [[due seconds, body], …], "open": bool}``.
Writes one: ``{"began": epoch seconds, "seconds": …, "answers": [[due ms, latency ms, status], …]}``. In an open loop a
message is sent when it is due, whatever became of the others, and its latency counts from then.
"""

import asyncio
import json
import sys
import time
from collections import deque
from urllib.parse import urlsplit


class Line:
    """One kept connection."""

    def __init__(self, url: str):
        self.to = urlsplit(url)
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> int:
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.to.hostname, self.to.port)
        reader, writer = self.streams
        head = f"POST {self.to.path} HTTP/1.1\r\nHost: {self.to.netloc}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = answer.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        return int(answer[9:12])


async def work(line: Line, jobs: deque, began: float, is_open: bool, answers: list) -> None:
    while jobs:
        due, body = jobs.popleft()
        if is_open:
            await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
        else:
            due = time.perf_counter() - began
        try:
            status = await line.post(body)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            status, line.streams = 0, None
        answers.append([round(due * 1000), round((time.perf_counter() - began - due) * 1000, 1), status])


async def run(told: dict) -> dict:
    jobs = deque((due, body.encode()) for due, body in told["messages"])
    answers: list = []
    began, epoch = time.perf_counter(), time.time()
    lines = [Line(told["url"]) for _ in range(told["connections"])]
    await asyncio.gather(*(work(line, jobs, began, told["open"], answers) for line in lines))
    return {"began": epoch, "seconds": round(time.perf_counter() - began, 3), "answers": answers}


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
