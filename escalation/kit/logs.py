"""What a log may say, and how a line of it looks: for people (``plain``) or one JSON object (``json``)."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from . import doing
from .hiding import hide

_LINE_ENDS = {number: f"\\x{number:02x}" for number in (*range(32), 127, 0x85)} | {10: "\\n", 13: "\\r", 9: "\t"}
_LINE_ENDS |= {0x2028: "\\u2028", 0x2029: "\\u2029"}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMS: tuple[str, ...] = ("plain", "json")


class HidesKeys(logging.Filter):
    """The address of a feed, of a door for alerts or of a link in a message is its key, and a token is
    one too: no log of ours says it."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            said = record.getMessage()
        except Exception:  # a mistake in a line of the log is no reason to fail whoever says it
            record.msg, record.args = f"{record.msg!s} {record.args!r}", ()
            said = record.msg
        without = hide(said)
        if without != said:
            record.msg, record.args = without, ()
        if record.exc_info and record.exc_info[0] and not record.exc_text:
            record.exc_text = _FORMATS.formatException(record.exc_info)  # formatters take what is there
        if record.exc_text:
            record.exc_text = hide(record.exc_text)
        if record.stack_info:
            record.stack_info = hide(record.stack_info)
        if facts := getattr(record, "facts", None):
            record.facts = {name: hide(said) if isinstance(said, str) else said for name, said in facts.items()}
        return True


_FORMATS = logging.Formatter()


class Plain(logging.Formatter):
    """One line, and then a traceback if there is one, further in. What others wrote cannot begin a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  its name in the library
        facts = "".join(f" {name}={value}" for name, value in doing.facts().items())
        said = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.message}{facts}"
        return said.translate(_LINE_ENDS)

    def format(self, record: logging.LogRecord) -> str:
        first, *more = super().format(record).split("\n")
        return "\n".join([first, *(f"    {line.translate(_LINE_ENDS)}" for line in more)])


class Json(logging.Formatter):
    """One object a line: at, level, logger, message; request, person, incident, task where there are; trace."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **doing.facts(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["trace"] = hide("".join(traceback.format_exception(*record.exc_info)))
        if record.stack_info:
            line["stack"] = hide(record.stack_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configured(form: str, level: str) -> dict[str, Any]:
    """For ``LOGGING``: everything that is said goes to standard error in this form, django-q2's and uvicorn's too."""
    level = level.strip().upper()
    if level not in LEVELS:
        raise ImproperlyConfigured(f"LOG_LEVEL cannot be read: it wants {', '.join(LEVELS[:-1])} or {LEVELS[-1]}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Json if form == "json" else Plain}},
        "filters": {"keys": {"()": HidesKeys}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["keys"]}},
        # A form with a mistake (422) or a page that is gone (404) is an answer, not an event.
        # urllib3 says whole addresses, and an address may hold a token. So does the server that mails come to, of whose
        # sources' addresses the first half is a key; its warnings quote whatever was meant to be a command.
        "loggers": {
            "baton": {"level": "INFO"} if form == "json" and level not in ("ERROR", "CRITICAL", "DEBUG") else {},
            "django.request": {"level": "ERROR"},
            "urllib3": {"level": "CRITICAL"},
            "mail.log": {"level": "ERROR"},
        },
        "root": {"handlers": ["console"], "level": level},
    }
