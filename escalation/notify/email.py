"""By e-mail, over SMTP.

A mail that was sent twice has the same Message-ID and ``X-Baton-Key`` twice; mails about one
incident are one thread. A recipient or a text refused for good (5xx, RFC 5321) is permanent: the same
again would be refused again, and the next step should not wait for it. Every other trouble may be the
mail server's and may pass.
"""

import contextlib
import hashlib
import re
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from .message import Message, Recipient
from .senders import SendFailed
from .web import speaks_of_a_pause

_DJANGOS = "django.core.mail.backends.smtp.EmailBackend"
_OURS = "escalation.notify.smtp.PunctualBackend"


class Email:
    name = "email"
    label = _("E-mail")
    timeout = settings.SEND_SECONDS
    in_house = False

    def ready(self) -> str:
        return ""

    def clean(self, address: str) -> str:
        """Empty stays empty: the account's own."""
        if address := address.strip():
            validate_email(address)
        return address

    def provider(self, address: str) -> str:
        return settings.EMAIL_HOST

    def is_own(self, address: str) -> bool:
        return True

    def send(self, to: Recipient, message: Message, key: str) -> str:
        try:
            validate_email(to.address or to.email)
        except ValidationError as error:
            raise SendFailed("the address is none", permanent=True, detail=to.address or to.email) from error
        backend = _OURS if settings.EMAIL_BACKEND == _DJANGOS else settings.EMAIL_BACKEND
        connection = get_connection(backend, timeout=self.timeout)
        mail = written(to, message, key)
        try:
            connection.open()
            connection.send_messages([mail])
        except Exception as error:
            raise _failure(error) from error
        finally:
            # What was accepted is accepted, even if the server does not say goodbye.
            with contextlib.suppress(Exception):
                connection.close()
        return str(mail.extra_headers["Message-ID"])


def written(to: Recipient, message: Message, key: str) -> EmailMessage:
    headers = {
        # With the instant: after a restart on an empty database the same keys come again.
        "Message-ID": _id("delivery", settings.ADDRESS, key, message.at.isoformat()),
        **_thread(message),
        "X-Baton-Key": re.sub(r"[^\x21-\x7e]", "_", key),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    return EmailMessage(message.subject, message.full, to=[to.address or to.email], headers=headers)


def _thread(message: Message) -> dict[str, str]:
    """Of one incident; what is about none (a code, a test, a swap) stands by itself."""
    if not message.ref:
        return {}
    thread = _id("incident", settings.ADDRESS, message.ref)
    return {"References": thread, "In-Reply-To": thread}


def _id(*parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{digest}@{domain or 'localhost'}>"


def _in_words(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def _failure(error: Exception) -> SendFailed:
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _said in error.recipients.values()), 0)
        reason = f"the mail server refused the address ({code})"
        return SendFailed(reason, permanent=500 <= code < 600, detail=detail, up=True)
    if isinstance(error, smtplib.SMTPResponseException):
        # A text that is refused is this message's; what is said before it, any message would hear.
        code, text = error.smtp_code, isinstance(error, smtplib.SMTPDataError)
        # A relay that has had enough for today says so with the same numbers.
        lasts = text and 500 <= code < 600 and not speaks_of_a_pause(_in_words(error))
        return SendFailed(f"the mail server refused ({code})", permanent=lasts, detail=detail, up=text and code != 421)
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return SendFailed("the mail server did not answer in time", detail=detail, up=False)
    if isinstance(error, ConnectionError | smtplib.SMTPServerDisconnected):
        return SendFailed("the mail server cannot be reached", detail=detail, up=False)
    if isinstance(error, ValueError | smtplib.SMTPNotSupportedError):
        return SendFailed("the address cannot be written to", permanent=True, detail=detail)
    return SendFailed(
        "the mail could not be handed over", detail=detail, up=False if isinstance(error, OSError) else None
    )
