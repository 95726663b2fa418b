"""One message through Apprise, in a process of its own: ``python -m escalation.notify.apprise_talk``.

Reads the job from standard input and answers on standard output, both JSON. Whatever Apprise connects to has
been resolved, once, and approved by the guarded way out. It ends by itself when its time is over, even if
the worker that began it is gone.
"""

import io
import json
import logging
import re
import resource
import signal
import socket
import sys
from typing import Any

from django.conf import settings

_MEMORY = 256 << 20  # bytes of address space: an answer without end must not eat the host
_FOR_GOOD = (400, 401, 403, 404, 410)


def main() -> None:
    job = json.load(sys.stdin)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, job["seconds"] + 1)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    settings.configure(OUTBOUND_ALLOW=job["allow"])
    refused = _guard()
    heard = io.StringIO()
    logging.basicConfig(stream=heard, level=logging.WARNING, format="%(message)s", force=True)
    said = _said(job, heard)
    if refused and not said["sent"]:
        said |= {"permanent": True, "detail": refused[-1]}
    json.dump(said, sys.stdout)


def _said(job: dict[str, Any], heard: io.StringIO) -> dict[str, Any]:
    """How it went. Of what Apprise logs only the status is passed on: the rest may quote addresses and strangers."""
    import apprise

    asset = apprise.AppriseAsset(http_redirects=False, secure_logging=True, async_mode=False)
    service = apprise.Apprise.instantiate(f"{job['url']}?overflow=split", asset=asset)
    if service is None:
        return {"sent": False, "permanent": True, "detail": "Apprise cannot read the address."}
    talker = apprise.Apprise(asset=asset)
    talker.add(service)
    body = job["body"] if len(job["title"]) + len(job["body"]) < service.body_maxlen else job["short"]
    try:
        sent = bool(talker.notify(title=job["title"], body=body, body_format=apprise.NotifyFormat.TEXT))
    except Exception as error:
        return {"sent": False, "permanent": False, "detail": type(error).__name__}
    codes = [int(code) for code in re.findall(r"error[= ](\d{3})\b", heard.getvalue())]
    detail = f"the service answered with {codes[-1]}" if codes and not sent else ""
    return {"sent": sent, "permanent": bool(detail) and codes[-1] in _FOR_GOOD, "detail": detail}


def _guard() -> list[str]:
    """From now on a name leads only where it may; returns what will have been refused."""
    from escalation.kit import outbound

    refused: list[str] = []
    resolve = socket.getaddrinfo

    def guarded(host: Any, *how: Any, **named: Any) -> Any:
        found = resolve(host, *how, **named)
        name = host.decode() if isinstance(host, bytes) else str(host)
        try:
            outbound.approve(name, [str(place[4][0]) for place in found])
        except outbound.NotAllowed as error:
            refused.append(str(error))
            raise OSError("not allowed") from None
        return found

    socket.getaddrinfo = guarded
    return refused


if __name__ == "__main__":
    main()
