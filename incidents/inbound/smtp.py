"""Mail comes in: a small SMTP server for what the mail server in front, or a monitor itself, hands over.

Who a mail is for is said by the envelope, never by a header. The answer to DATA is given when the receipt is on disk:
250 is a promise; trouble of ours is 451, so that the sender tries again. What is no mail at all is kept as it is. One
thread writes, so that a crowd of senders waits its turn and takes no connection from the pages.
"""

import asyncio
import logging
import ssl
from collections import Counter
from socket import socket
from typing import Any, ClassVar

from aiosmtpd.smtp import SMTP, Envelope, Session
from asgiref.sync import sync_to_async
from django.conf import settings

from .letterbox import LIMIT, Kept, keep, recipient

log = logging.getLogger(__name__)

LINE = 512 * 1024  # of a line: many programs write longer ones than they may, some a whole table of HTML
RECIPIENTS = 10
FROM_ONE, FROM_ALL = 20, 200  # connections
SECONDS = 60.0  # without a word, then a connection is closed

BUSY = "421 4.7.0 Too many connections; try again later"
ELSEWHERE = "550 5.7.1 This server takes no mail for that domain"
UNKNOWN = "550 5.1.1 No such address"
MANY = "452 4.5.3 Too many recipients; send the rest in another mail"
NO_ADDRESS = "553 5.1.3 That is no address"
LATER = "451 4.3.0 It could not be stored; try again later"


ANSWERS = {
    Kept.YES: "250 2.0.0 OK: it is stored",
    Kept.TOO_MUCH: "451 4.7.1 Too many messages came from this source; try again later",
    Kept.LATER: LATER,
    Kept.NOBODY: UNKNOWN,
}


class Handler:
    """The answers to MAIL, RCPT and DATA that are ours."""

    async def handle_RCPT(  # noqa: N802 (the library's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return MANY
        local, at, domain = address.rpartition("@")
        if not at or not local or len(address) > 320:
            return NO_ADDRESS
        if domain.casefold() != settings.MAIL_DOMAIN.casefold():
            return ELSEWHERE
        try:
            found = await sync_to_async(recipient)(local)
        except Exception:
            log.exception("a recipient could not be looked up; its sender was asked to try again")
            return LATER
        if found is None:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.append(found)  # type: ignore[arg-type]
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        body = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        whom: list[Any] = list(envelope.rcpt_options)
        return ANSWERS[await sync_to_async(keep)(body, envelope.mail_from or "", whom)]

    async def handle_exception(self, error: Exception) -> str:
        log.error("a mail server's talk failed: %s", type(error).__name__)
        return "451 4.3.0 Something went wrong; try again later"


# --- the server ---------------------------------------------------------------------------------


class Server(SMTP):
    """One connection. Counts those of a peer."""

    line_length_limit = LINE
    here: ClassVar[Counter[str]] = Counter()
    peer = ""  # while it is counted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Comes twice for one that goes on with TLS."""
        if not self.peer:
            self.peer = str((transport.get_extra_info("peername") or ("",))[0]) or "?"
            self.here[self.peer] += 1
        if self.here[self.peer] > FROM_ONE or self.here.total() > FROM_ALL:
            transport.write(f"{BUSY}\r\n".encode())  # type: ignore[attr-defined]
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.peer:
            self.here[self.peer] -= 1
            if self.here[self.peer] <= 0:
                del self.here[self.peer]
            self.peer = ""
        if self.transport is not None:
            super().connection_lost(error)


def tls() -> ssl.SSLContext | None:
    """For STARTTLS, where there is a certificate."""
    if not settings.MAIL_CERT:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.MAIL_CERT, settings.MAIL_CERT_KEY or None)
    return context


async def serve(listener: socket) -> None:
    """Until somebody tells this process to stop."""
    context, handler = tls(), Handler()

    def talk() -> Server:
        return Server(
            handler,
            data_size_limit=LIMIT,
            enable_SMTPUTF8=True,
            hostname=settings.MAIL_DOMAIN,
            ident="Baton",
            tls_context=context,
            timeout=SECONDS,
            auth_required=False,
            command_call_limit={"*": 50, "RCPT": 100, "NOOP": 50},
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(talk, sock=listener)
    async with server:
        await server.serve_forever()
