"""The long tail of services, through Apprise: only those an admin allows, in a process of their own.

Apprise does its own HTTP. So it runs in a child that knows none of our secrets, resolves every name through
the guarded way out, has little memory, and is ended when the time is over (``apprise_talk``). What follows
the ``?`` in an address is dropped: options there can turn on redirects, turn off the checking of
certificates, or read files.
"""

import json
import os
import re
import subprocess
import sys

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from escalation.kit import outbound
from escalation.kit.text import one_line

from .chat import body_of, defused
from .message import Message, Recipient
from .senders import SendFailed
from .web import LONGEST, Web, unset

# Services with a host of their own: an address holds names and keys, and cannot say where to.
SERVICES = (
    *("dingtalk", "discord", "feishu", "gchat", "lark", "line", "pbul", "pover", "prowl", "pushy"),
    *("simplepush", "threema", "wecombot", "wxteams"),
)
# Servers of somebody's own: the address names the host.
SERVERS = ("barks", "gotifys", "matrixs", "nctalks", "rockets", "signals", "zulip")
PLAIN = ("bark", "gotify", "matrix", "nctalk", "rocket", "signal")  # the same over http
KNOWN = SERVICES + SERVERS + PLAIN


class Apprise(Web):
    name = "apprise"
    label = _("Another service (Apprise)")
    who = "the service"
    shared = False

    def ready(self) -> str:
        unknown = [schema for schema in settings.APPRISE_SCHEMAS if schema not in KNOWN]
        if unknown:
            return gettext("BATON_APPRISE_SCHEMAS names %(schema)s, which is none of those Baton can vouch for.") % {
                "schema": unknown[0]
            }
        return unset(BATON_APPRISE_SCHEMAS=settings.APPRISE_SCHEMAS)

    def clean(self, address: str) -> str:
        found = re.fullmatch(r"([A-Za-z]+)://([^\x00-\x20\x7f\\?#]+)(?:[?#]\S*)?", address.strip())
        if found is None:
            raise ValidationError(gettext("An address of Apprise's, such as discord://id/token."))
        schema, rest = found[1].casefold(), found[2]
        if schema not in settings.APPRISE_SCHEMAS or schema not in KNOWN:
            allowed = ", ".join(settings.APPRISE_SCHEMAS)
            raise ValidationError(gettext("This installation allows only: %(schemas)s.") % {"schemas": allowed})
        if schema in PLAIN and not outbound.is_named(_host(rest)):
            raise ValidationError(gettext("Use %(schema)s://, the encrypted form.") % {"schema": f"{schema}s"})
        if len(clean := f"{schema}://{rest}") > LONGEST:
            raise ValidationError(gettext("The address is too long."))
        return clean

    def carry(self, to: Recipient, message: Message, key: str) -> str:
        job = {
            "url": to.address,
            "title": defused(message.subject),
            "body": f"{defused(body_of(message))}\n\n{message.link}",
            "short": defused(message.short.removesuffix(message.link)) + message.link,
            "allow": settings.OUTBOUND_ALLOW,
            "seconds": self.timeout,
        }
        said = _talk(json.dumps(job), self.timeout)
        if not said.get("sent"):
            detail = one_line(str(said.get("detail") or ""), limit=300)
            raise SendFailed("the service did not take it", permanent=bool(said.get("permanent")), detail=detail)
        return ""


def _host(rest: str) -> str:
    place = rest.partition("/")[0].rpartition("@")[2]
    return place[: place.index("]") + 1] if place.startswith("[") and "]" in place else place.partition(":")[0]


def _talk(job: str, seconds: float) -> dict[str, object]:
    """Have the child send it. What it gets on its standard input nobody can read in the list of processes."""
    bare = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/nonexistent"}  # no proxy, no password, no key of ours
    command = [sys.executable, "-m", "escalation.notify.apprise_talk"]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=job,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=bare,
            cwd=settings.BASE_DIR,
            check=False,
        )
        said = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise SendFailed("the service did not answer in time") from None
    except (OSError, ValueError):
        raise SendFailed("the process that was to send it broke down") from None
    return said if isinstance(said, dict) else {}
