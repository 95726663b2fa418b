"""What an installation must not begin with, as Django's system checks: asked by ``up``, by a cluster or a web process
that is started by hand, and by ``manage.py check --deploy``; no other command is kept from mending something.

An *error* keeps Baton from starting: somebody could get in, or read what is secret. A *warning* is said at each start
and goes on. Plain http is one of these: in a network of one's own it is a choice that people make, a name does not tell
whether its network is one, and refusing to start would keep people from being called. The demonstration is not asked:
its keys are public, and it listens on loopback only.
"""

import ipaddress
import logging
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core import checks

from . import rotation
from .places import is_public

# What stands in examples and tutorials. By chance a key contains none of these.
_OF_EXAMPLES = (
    *("django-insecure", "changeme", "change-me", "change_me", "replaceme", "replace-me", "replace_me"),
    *("your-secret", "your_secret", "secret-key", "secret_key", "secretkey", "supersecret", "example", "password"),
    "signs-nothing",
)
_LETTERS, _DIFFERENT = 32, 10  # of a key, at the least; 32 hexadecimal digits are 128 bits
_INNER = (".local", ".lan", ".internal", ".intranet", ".home", ".corp", ".home.arpa", ".test")
# Under these anybody may have a name, as under a top-level domain: example.co.uk, example.com.au.
_FOR_ANYBODY = {"ac", "co", "com", "edu", "gob", "gouv", "gov", "gv", "ne", "net", "nom", "or", "org", "sch"}
_HANDED_IN = (
    "/run/secrets/",
    "/var/run/secrets/",
)  # of a container: the platform sets the mode, nobody else is there
_TLS = {"require", "verify-ca", "verify-full"}


log = logging.getLogger(__name__)


class NotLikeThis(Exception):
    """A reason not to start; ``str`` is for the person at the terminal."""


@dataclass(frozen=True)
class Standing:
    """What is looked at. ``files`` hold secrets; ``listens_on`` is empty where nobody listens, or it is not known."""

    keys: Sequence[str]
    address: str
    sealing: Sequence[str] = ()
    hosts: Sequence[str] = ()
    debug: bool = False
    behind_proxy: bool = False
    listens_on: str = ""
    database: Mapping[str, Any] = field(default_factory=dict)
    redis_url: str = ""
    home: Path | None = None
    files: Sequence[Path] = ()
    is_root: bool = False


def standing(listens_on: str = "") -> Standing:
    """As the settings and this process have it."""
    database = settings.DATABASES["default"]
    kept = [settings.ENV_FILE, settings.HOME / ".vapid.key", settings.HOME / ".baton" / "anchor.key"]
    kept += settings.SECRET_FILES
    if settings.MAIL_CERT_KEY:
        kept.append(Path(settings.MAIL_CERT_KEY))
    if database["ENGINE"].endswith("sqlite3"):
        kept += [Path(f"{database['NAME']}{end}") for end in ("", "-wal")]
    return Standing(
        keys=[settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
        address=settings.ADDRESS,
        sealing=settings.SEALING_KEYS,
        hosts=settings.ALLOWED_HOSTS,
        debug=settings.DEBUG,
        behind_proxy=settings.SECURE_PROXY_SSL_HEADER is not None,
        listens_on=listens_on,
        database=database,
        redis_url=settings.REDIS_URL,
        home=settings.HOME,
        files=kept,
        is_root=hasattr(os, "geteuid") and os.geteuid() == 0,
    )


def check(app_configs: Any = None, *, listens_on: str = "", **kwargs: Any) -> list[checks.CheckMessage]:
    """Registered as a system check; with ``listens_on`` for who is about to listen there."""
    return [] if settings.DEMO else look(standing(listens_on))


def look(at: Standing) -> list[checks.CheckMessage]:
    """What is wrong, errors first."""
    parts = (_keys, _debug, _hosts, _files, _home, _http, _database, _redis, _root)
    return sorted((said for part in parts for said in part(at)), key=lambda said: -said.level)


def before_start(listens_on: str = "") -> list[str]:
    """What should be mended, in a line each. Raises ``NotLikeThis`` where something must be."""
    found = check(listens_on=listens_on)
    if refused := [one for one in found if one.level >= checks.ERROR]:
        raise NotLikeThis("\n".join(["Baton does not start like this:", *map(_line, refused)]))
    return [_line(one) for one in found]


def of_the_database() -> None:
    """Says what is wrong in its rows (``baton.W008``), once it is there and in the shape of this version."""
    for said in rotation.check(databases=["default"]):
        log.warning(_line(said))


def by_hand() -> None:
    """For a process that ``up`` starts and people may start too: ``up`` has looked already, and what it keeps running
    is not to end because somebody has changed the mode of a file since. Leaves with the reason where it must."""
    if os.environ.get("BATON_READY_FD"):
        return
    try:
        for line in before_start():
            log.warning(line)
    except NotLikeThis as reason:
        raise SystemExit(str(reason)) from None


def _line(said: checks.CheckMessage) -> str:
    return f"{said.msg} {said.hint} ({said.id})"


# --- who could get in --------------------------------------------------------------------------


def _keys(at: Standing) -> Iterator[checks.CheckMessage]:
    mend = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    named = [(key, "SECRET_KEY", "signs in as anybody") for key in at.keys]
    named += [(key, "BATON_SEALING_KEY", "opens what is sealed") for key in at.sealing]
    firsts = (0, len(at.keys))
    for number, (key, setting, can) in enumerate(named):
        name = setting if number in firsts else f"A key in {setting}_FALLBACKS"
        if any(known in key.casefold() for known in _OF_EXAMPLES):
            yield _error("E001", f"{name} is one that stands in examples: whoever knows it {can}.", mend)
        elif len(key) < _LETTERS or len(set(key)) < _DIFFERENT or key in (key + key)[1:-1]:
            yield _error("E002", f"{name} can be guessed: it is short, or made of few letters or a repetition.", mend)


def _debug(at: Standing) -> Iterator[checks.CheckMessage]:
    """Django's debug pages show settings and the values of variables to whoever makes a page fail."""
    reachable = [host for host in (_host(at.address), *at.hosts, at.listens_on) if host and not _is_here(host)]
    if at.debug and reachable:
        yield _error(
            "E003",
            f"BATON_DEBUG is on, and others can reach {reachable[0]}: debug pages show them settings and data.",
            "Take BATON_DEBUG out, or debug on http://127.0.0.1 only.",
        )


def _hosts(at: Standing) -> Iterator[checks.CheckMessage]:
    for host in at.hosts:
        if host == "*" or (host.startswith(".") and _is_anybodys(host[1:])):
            yield _error(
                "E004",
                f"ALLOWED_HOSTS has {host}: names of strangers would be taken for ours, and links would lead there.",
                "Name the hosts that people type, separated by commas.",
            )


def _is_anybodys(domain: str) -> bool:
    labels = domain.strip(".").split(".")
    return len(labels) < 2 or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _FOR_ANYBODY)


# --- who could read ----------------------------------------------------------------------------


def _files(at: Standing) -> Iterator[checks.CheckMessage]:
    for file in dict.fromkeys(at.files):
        found = _status(file)
        if found is None or str(file).startswith(_HANDED_IN):
            continue
        mend = f"Say: chmod 600 {file}"
        if found.st_mode & stat.S_IRWXO and _lets_others_in(file):
            yield _error("E005", f"Everybody on this machine can read {file}, and it holds secrets.", mend)
        elif found.st_mode & stat.S_IRWXG and found.st_uid != 0 and _lets_others_in(file):
            yield _warning("W005", f"The group of {file} can read it, and it holds secrets.", mend)


def _home(at: Standing) -> Iterator[checks.CheckMessage]:
    found = _status(at.home) if at.home else None
    if at.home and found and found.st_mode & stat.S_IWOTH and _lets_others_in(at.home):
        why = f"Everybody on this machine can write in {at.home}, and put another database or other keys there."
        yield _error("E006", why, f"Say: chmod 700 {at.home}")


def _status(file: Path) -> os.stat_result | None:
    """Nothing for what is not there, is no file or folder (a device), or where there are no such modes."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found if os.name == "posix" and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)) else None


def _lets_others_in(file: Path) -> bool:
    """Whether all folders on the way there can be passed by everybody."""
    ways = (_status(folder) for folder in file.resolve().parents)
    return all(way is None or way.st_mode & stat.S_IXOTH for way in ways)


# --- who could listen in -----------------------------------------------------------------------


def _http(at: Standing) -> Iterator[checks.CheckMessage]:
    secure, here = at.address.startswith("https://"), _is_here(_host(at.address))
    if not secure and not here:
        yield _warning(
            "W001",
            f"{at.address} is not encrypted: passwords, sessions and keys can be read on their way.",
            "Put a proxy with TLS in front, set BATON_ADDRESS to its https:// address, and BEHIND_PROXY=1.",
        )
    elif not secure and at.behind_proxy:
        yield _warning(
            "W002",
            f"BEHIND_PROXY is on, and {at.address} is no https:// address: cookies are not marked secure.",
            "Set BATON_ADDRESS to the address that people type.",
        )
    elif secure and not at.behind_proxy:
        yield _warning(
            "W003",
            "BATON_ADDRESS is https://, and BEHIND_PROXY is off: everybody seems to come from the proxy's address.",
            "Set BEHIND_PROXY=1; Baton itself speaks plain http.",
        )


def _database(at: Standing) -> Iterator[checks.CheckMessage]:
    host = str(at.database.get("HOST") or "")
    if str(at.database.get("ENGINE", "")).endswith("sqlite3") or not host or host.startswith("/"):
        return
    options = at.database.get("OPTIONS") or {}
    elsewhere = any(os.environ.get(name) for name in ("PGPASSWORD", "PGPASSFILE", "PGSERVICE"))
    if not (at.database.get("PASSWORD") or elsewhere or "sslcert" in options or _is_here(host)):
        why = f"The database on {host} asks for no password: whoever reaches it can read and change everything."
        yield _warning("W004", why, "Give its role a password, and put it into DATABASE_URL.")
    if _is_outside(host) and options.get("sslmode", os.environ.get("PGSSLMODE")) not in _TLS:
        yield _warning(
            "W006",
            f"The way to the database on {host} may not be encrypted.",
            "Add ?sslmode=verify-full to DATABASE_URL (and sslrootcert=… for an authority of your own).",
        )


def _redis(at: Standing) -> Iterator[checks.CheckMessage]:
    parts = urlsplit(at.redis_url)
    if parts.hostname and not (
        parts.password or "password" in parse_qs(parts.query) or not _is_outside(parts.hostname)
    ):
        yield _warning(
            "W007",
            f"The Redis on {parts.hostname} asks for no password: whoever reaches it can write into the queue.",
            "Give it one, and use rediss://:password@host/0 for BATON_REDIS_URL.",
        )


def _root(at: Standing) -> Iterator[checks.CheckMessage]:
    if at.is_root:
        why = "Baton runs as root, and needs none of root's rights."
        yield checks.Info(why, hint="Give it a user of its own: see docs/operations.md.", id="baton.I001")


# --- where a host is ---------------------------------------------------------------------------


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _is_here(host: str) -> bool:
    """Only this machine."""
    if host in ("localhost", "") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_outside(host: str) -> bool:
    """A public address, or a name that may have one."""
    try:
        return is_public(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return "." in host and not host.endswith((*_INNER, ".localhost"))


def _error(number: str, why: str, mend: str) -> checks.CheckMessage:
    return checks.Error(why, hint=mend, id=f"baton.{number}")


def _warning(number: str, why: str, mend: str) -> checks.CheckMessage:
    return checks.Warning(why, hint=mend, id=f"baton.{number}")
