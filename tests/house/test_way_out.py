"""Nothing of ours talks to the network but through the guarded way out; whatever else can says here why it does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {
    *("aiohttp", "apprise", "asyncio", "ftplib", "http", "httpx", "imaplib", "nntplib", "paramiko", "poplib"),
    *("pywebpush", "redis", "requests", "requests_hardened", "smtplib", "socket", "socketserver", "ssl", "telnetlib"),
    *("urllib", "urllib3", "websockets", "xmlrpc"),
}
HARMLESS = {"urllib.parse", "urllib.error", "http.cookies", "http.HTTPStatus"}  # they talk to nobody
# Files and folders, by what they talk to.
TALKS = {
    "the way out itself: it resolves once, checks every address, and connects to what it checked": {
        "escalation/kit/places.py": {"socket"},
        "escalation/kit/outbound_talk.py": {"requests", "requests_hardened", "socket", "urllib3"},
    },
    "Apprise does its own HTTP: in a process of its own whose resolver is the way out's": {
        "escalation/notify/apprise_talk.py": {"apprise", "socket"},
    },
    "the mail servers of this installation, which settings name and nobody types": {
        "escalation/notify/email.py": {"smtplib"},
        "escalation/notify/smtp.py": {"smtplib", "socket"},
        "incidents/inbound/imap.py": {"imaplib", "ssl"},
    },
    "it listens, and asks nobody": {
        "escalation/engine/management/commands/runweb.py": {"socket"},
        "incidents/inbound/smtp.py": {"asyncio", "socket", "ssl"},
        "incidents/management/commands/runmail.py": {"asyncio", "socket"},
        "incidents/desk/live.py": {"asyncio"},
    },
    "its own processes, on this machine": {
        "escalation/engine/supervisor.py": {"socket"},
        "escalation/engine/whereabouts.py": {"http", "socket"},
        "incidents/demo/life.py": {"http", "urllib"},
    },
    "what started it, on this machine, is told how it is": {
        "escalation/engine/systemd.py": {"socket"},
    },
    "the queue that settings name": {
        "escalation/engine/redis_queue.py": {"redis"},
    },
    "the name of this host": {
        "escalation/settings.py": {"socket"},
    },
}


MENTIONED = re.compile(rf"^\s*(import|from) +({'|'.join(sorted(LIBRARIES))})\b", re.MULTILINE)
# Unpickled, evaluated, or read as XML by a parser that fetches: none of it is there at all.
NEVER = re.compile(
    r"^\s*(import|from) +(pickle|marshal|shelve|lxml|yaml|xml\.(etree|dom))\b|(?<![\w.])(eval|exec|__import__)\(",
    re.MULTILINE,
)


def files() -> Iterator[tuple[str, str]]:
    for room in ("escalation", "incidents"):
        for file in sorted((ROOT / room).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text()


def imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (node.module if node.module in HARMLESS else f"{node.module}.{one.name}" for one in node.names)


def test_whoever_talks_to_the_network_says_why():
    found: dict[str, set[str]] = {}
    for file, text in files():
        if MENTIONED.search(text):
            names = {name for name in imported(text) if name not in HARMLESS}
            if libraries := {name.partition(".")[0] for name in names} & LIBRARIES:
                found[file] = libraries
    said = {file: libraries for some in TALKS.values() for file, libraries in some.items()}
    assert found == said, "talk through escalation.kit.outbound, or say in TALKS why not"


def test_nothing_that_comes_in_is_run():
    assert not [file for file, text in files() if NEVER.search(text)]
