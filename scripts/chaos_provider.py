"""A mail provider that logs what arrives before it answers, and misbehaves as it is told.

``python -m scripts.chaos_provider --port P --log FILE --mode FILE``. Every message whose content
arrived whole is one line of JSON, on disk before anything else is done: ``mono`` (the clock of this
machine that never jumps), ``key``, ``to``, ``mode`` and ``refs``. Its sender knows that it was accepted only
if a second line says ``heard``: in the modes cut-after and hang-after it arrived and nobody is told.
"""

import argparse
import asyncio
import contextlib
import email
import email.message
import email.policy
import json
import os
import re
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

UNLISTED = re.compile(r"^And \d+ more", re.MULTILINE)
LONG = 600.0  # longer than anybody waits
DRIP = 0.4  # seconds between two bytes


class Provider:
    """aiosmtpd's handler. The mode is read from a file at every step."""

    def __init__(self, log: Path, mode: Path):
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.mode_file = mode

    @property
    def mode(self) -> str:
        with contextlib.suppress(OSError):
            return self.mode_file.read_text().strip()
        return ""

    def keep(self, line: dict) -> None:
        os.write(self.log, json.dumps(line).encode() + b"\n")
        os.fsync(self.log)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if self.mode == "hang":
            await asyncio.sleep(LONG)
        if self.mode == "drip":
            for byte in "250-I am writing as fast as I can, and that is not very fast":
                server.transport.write(byte.encode())
                await asyncio.sleep(DRIP)
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mode == "refuse-4xx":
            return "451 4.3.0 try again later"
        if self.mode == "refuse-5xx":
            return "550 5.1.1 there is nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mode, mail = self.mode, email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
        key, to = str(mail["X-Baton-Key"]), envelope.rcpt_tos[0]
        self.keep({"mono": time.monotonic(), "key": key, "to": to, "mode": mode, "refs": named(mail)})
        if mode == "hang-after":
            await asyncio.sleep(LONG)
        if mode == "cut-after":
            server.transport.abort()
        session.told = key
        return "250 OK accepted"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Only who has read the answer says goodbye."""
        if key := getattr(session, "told", ""):
            self.keep({"mono": time.monotonic(), "heard": key})
        return "221 Bye"


def named(mail: email.message.Message) -> list[str]:
    """The incidents that a message names; nothing if it only counts some of them."""
    body = mail.get_body(("plain",)) if isinstance(mail, email.message.EmailMessage) else None
    text = f"{mail['Subject']}\n{body.get_content() if body else ''}"
    return [] if UNLISTED.search(text) else sorted(set(re.findall(r"\bINC-\d+\b", text)))


async def serve(port: int, log: Path, mode: Path) -> None:
    provider = Provider(log, mode)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(provider, hostname="provider"), "127.0.0.1", port, backlog=500)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--mode", type=Path, required=True)
    chosen = parser.parse_args()
    asyncio.run(serve(chosen.port, chosen.log, chosen.mode))


if __name__ == "__main__":
    main()
