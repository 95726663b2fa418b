"""``manage.py setup``: from a fresh clone to an installation that somebody can be called by."""

import os
import secrets
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from escalation.engine import supervisor
from escalation.kit import clock
from escalation.kit.text import is_seen
from escalation.kit.zones import time_zones
from escalation.notify import vapid
from escalation.people.models import Membership, Team, Tier, User
from escalation.policies.models import Installation, Policy, PolicyStep
from escalation.trail.anchors import keys
from escalation.trail.writing import Actor, record_configuration
from incidents import howto
from incidents.models import Service, Source
from incidents.severities import default_severity_table


@dataclass(frozen=True)
class Answers:
    address: str
    team: str
    service: str
    name: str
    email: str
    password: str


class Command(BaseCommand):
    help = "Makes a new installation: three questions and the first admin."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", help="as people type it, such as https://baton.example.com")
        parser.add_argument("--team", help="your team, the first to be called")
        parser.add_argument("--service", help="your first service")
        parser.add_argument("--name", help="the first admin's name")
        parser.add_argument("--email", help="the first admin's e-mail address, which is the login")
        parser.add_argument(
            "--no-input",
            action="store_true",
            help="ask nothing; the password is read from BATON_ADMIN_PASSWORD",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO:
            raise CommandError("BATON_DEMO is set. A real installation is set up without it.")
        try:
            supervisor.prepare_database(self._say)
        except supervisor.CannotStart as reason:
            raise CommandError(str(reason)) from None
        if Installation.objects.exists() or User.objects.exists():
            raise CommandError(
                "This installation is set up already, and nothing was changed. Sign in and open Admin to change it; "
                "to begin anew, choose another DATABASE_URL or move the database away."
            )
        answers = self._asked(options)
        file = write_env(answers.address)
        vapid.make()
        keys.current()
        key = build(answers)
        self._goodbye(answers, key, file)

    # --- asking ------------------------------------------------------------------------------

    def _asked(self, options: dict[str, Any]) -> Answers:
        given = {**options, "password": os.environ.get("BATON_ADMIN_PASSWORD")}
        ask = self._take if options["no_input"] else self._ask
        self._say("Three questions, then the first admin. Enter takes what stands in brackets.\n")
        address = ask(given, "address", "Your address, as people type it", good_address, settings.ADDRESS)
        team = ask(given, "team", "Your team, the first to be called", good_name, "Service desk")
        service = ask(given, "service", "Your first service: what can break", good_name)
        name = ask(given, "name", "Your name", good_name)
        email = ask(given, "email", "Your e-mail address, to sign in", good_email)
        about = User(email=email, name=name)

        def good_password(value: str) -> str:
            validate_password(value, about)
            return value

        password = ask(given, "password", "A password", good_password)
        return Answers(address, team, service, name, email, password)

    def _take(self, given: dict[str, Any], what: str, question: str, check: Any, default: str = "") -> str:
        try:
            return check(given.get(what) or default)
        except ValidationError as wrong:
            name = "BATON_ADMIN_PASSWORD" if what == "password" else f"--{what}"
            raise CommandError(f"{name}: {' '.join(wrong.messages)}") from None

    def _ask(self, given: dict[str, Any], what: str, question: str, check: Any, default: str = "") -> str:
        if given.get(what):
            return self._take(given, what, question, check)
        while True:
            try:
                answer = check(self._answer(what, question, default).strip() or default)
            except ValidationError as wrong:
                self._say(f"  {' '.join(wrong.messages)}")
            except (EOFError, KeyboardInterrupt):
                raise CommandError("Stopped; nothing was set up.") from None
            else:
                if what != "password" or getpass("  The same again: ") == answer:
                    return answer
                self._say("  The two are not the same.")

    @staticmethod
    def _answer(what: str, question: str, default: str) -> str:
        prompt = f"{question}{f' [{default}]' if default else ''}: "
        return getpass(prompt) if what == "password" else input(prompt)

    # --- telling -----------------------------------------------------------------------------

    def _goodbye(self, answers: Answers, key: str, file: Path) -> None:
        self._say(f"""
{file} keeps the settings; keep it to yourself, its secret key signs people's sessions.

1. Start Baton:           make up
   (as a service: systemctl start baton; in containers: docker compose up -d)
2. Sign in as {answers.email}: {answers.address}/
   Admin opens once you have set up a second step: menu > Signing in; an app on your telephone will do.
3. Open a first incident:

{howto.curl(key, site=answers.address)}

The key in that line is shown this once; Admin > Sources makes a new one. Point Alertmanager at
{howto.address(answers.address)} with the key as its credentials.

Anchors over the record are signed by the key of this host. Keep its public half elsewhere (docs/record.md):
{keys.public(keys.current())}

Calls leave by e-mail, through {mail_server()}. If that is not your mail server, add a line
EMAIL_URL=smtp+tls://user:password@host:587 to {file}, and start Baton again.
To see that a call reaches you: menu > How Baton reaches you > Send me a test.
Your times are on the clock of {own_zone()}; menu > Preferences changes it.
Invite your colleagues in Admin > Invitations, or add them in Admin > People; until then every call reaches you.""")

    def _say(self, line: str) -> None:
        self.stdout.write(line)


# --- checks of answers ------------------------------------------------------------------------


def good_address(value: str) -> str:
    value = value.strip().rstrip("/")
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        fits = False
    if not fits or parts.path or parts.query or parts.fragment or parts.username:
        raise ValidationError("An address looks like https://baton.example.com, without anything after it.")
    return value


def good_name(value: str) -> str:
    value = " ".join(value.split())
    if not is_seen(value):
        raise ValidationError("This is needed.")
    if len(value) > 80:
        raise ValidationError("At most 80 characters.")
    return value


def good_email(value: str) -> str:
    value = value.strip().casefold()
    validate_email(value)
    return value


def mail_server() -> str:
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def own_zone(clock_file: str = "/etc/localtime") -> str:
    """The time zone of this machine, as far as it says so; mostly the first admin's too."""
    name = os.path.realpath(clock_file).partition("zoneinfo/")[2].removeprefix("Etc/")
    return name if name in time_zones() else "UTC"


# --- writing ----------------------------------------------------------------------------------


def write_env(address: str) -> Path:
    """Settings that the environment does not give yet. A key that is there already stays."""
    file = Path(settings.ENV_FILE)
    if file.exists() and not file.is_file():  # a device, such as /dev/null, is not replaced
        raise CommandError(f"BATON_ENV_FILE is {file}, which is no file that keeps settings.")
    lines = file.read_text().splitlines() if file.exists() else []
    kept = [line for line in lines if not line.startswith("BATON_ADDRESS=")]
    for name, length in (("SECRET_KEY", 48), ("BATON_WATCH_TOKEN", 24)):
        if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
            kept.append(f"{name}={secrets.token_urlsafe(length)}")
    kept.append(f"BATON_ADDRESS={address}")
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write("\n".join(kept) + "\n")
    draft.replace(file)
    return file


@transaction.atomic
def build(answers: Answers) -> str:
    """Everything an incident needs to reach somebody. Returns the source's key."""
    zone = own_zone()
    admin = User.objects.create_superuser(answers.email, answers.name, answers.password, time_zone=zone)
    team = Team.objects.create(name=answers.team)
    Membership.objects.create(team=team, user=admin, role=Membership.Role.SUPERVISOR)
    policy = _two_steps(team, admin)
    Installation.objects.create(catch_all=policy, owner=team, last_resort=admin)
    default_severity_table()
    service = Service.objects.create(name=answers.service, team=team, policy=policy)
    key = Source.objects.create(name="Alertmanager", service=service).new_key()
    data = {
        "what": "installation",
        "name": "Baton",
        "after": {"address": answers.address, "team": team.name, "service": service.name, "policy": policy.name},
    }
    record_configuration(Actor.person(admin), "config_setup", data, now=clock.now())
    return key


def _two_steps(team: Team, admin: User) -> Policy:
    """First the team, then the admin by name."""
    policy = Policy.objects.create(name="Standard")
    first = Tier.objects.create(name=f"L1 {team.name}", rank=1, team=team, ack_minutes=10)
    last = Tier.objects.create(name="Last resort", rank=2, team=team, ack_minutes=15)
    PolicyStep.objects.create(policy=policy, position=1, tier=first)
    PolicyStep.objects.create(policy=policy, position=2, tier=last).people.add(admin)
    return policy
