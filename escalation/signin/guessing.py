"""How often may be guessed: at passwords, codes, and whose addresses have accounts. Counted in the database, so that
all processes and hosts count together.

Each try is written down before it is judged, and taken back if it was right: a hundred at once count as a hundred.
A try that is refused is not counted, so nobody is kept out for longer than ``WINDOW`` after the last that was judged.

What is counted decides whom it keeps out. From a browser in which the account has signed in before (it has a signed
cookie that says so), only its own tries count: somebody else's, however many and from wherever, never keep the owner
out there. From everywhere else the tries at one account count together, and those from one address.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.kit.addresses import address_of, household
from escalation.people.models import User
from escalation.trail.writing import ENGINE, record_configuration

from .factors import telling
from .models import Guess

WINDOW = timedelta(minutes=15)
BY_ADDRESS = 30  # a whole office may come from one
BY_ACCOUNT = 20  # from all browsers that do not know it
BY_BROWSER = 10  # from one that does
LINKS = 5  # for a new password, to one account: their owner gets them, whoever asked
BEGUN = 300  # questions to a passkey or the provider, from one address or known browser: an office at nine
SKEW = timedelta(minutes=1)  # that the clocks of two hosts may differ
TOLD_EVERY = timedelta(hours=1)  # a burst that goes on is on record once

KNOWN = "baton_known"
KNOWN_FOR = timedelta(days=400)  # browsers keep no cookie for longer
KNOWN_MOST = 5  # accounts that one browser knows


class TooMany(ValidationError):
    """``seconds``: from then on another try is judged."""

    def __init__(self, seconds: int):
        minutes = -(-seconds // 60)
        said = ngettext(
            "There were too many tries. Wait a minute, then try again.",
            "There were too many tries. Wait %(minutes)d minutes, then try again.",
            minutes,
        )
        super().__init__(said % {"minutes": minutes}, code="too-many")
        self.seconds = seconds

    @property
    def words(self) -> str:
        return str(self.messages[0])

    def tell(self, response: HttpResponse) -> None:
        """A program is told by the status and this header, whatever the page says."""
        response.status_code = 429
        response["Retry-After"] = str(self.seconds)


@dataclass(frozen=True)
class Try:
    """One that is being judged. What is not taken back counts as wrong."""

    rows: tuple[Guess, ...]
    own: frozenset[str]  # whose count begins anew when somebody has proved who they are

    def was_right(self) -> None:
        """Not counted. The address goes on being counted: else one account of one's own would open all others."""
        self.was_not_judged()
        Guess.objects.filter(subject__in=self.own).delete()

    def was_not_judged(self) -> None:
        """Nor counted: who had to judge it could not be asked."""
        Guess.objects.filter(pk__in=[row.pk for row in self.rows]).delete()


def begin(request: HttpRequest, email: str) -> Try:
    """Count a try at the account of an address, as typed; or raise ``TooMany``."""
    typed = email.strip().casefold()[:320]
    return _begun(_limits(request, _hashed("account", typed), typed), typed)


def begin_named(request: HttpRequest, name: str, *, known: str) -> Try:
    """The same of a name such as ``factor:7``, which nobody can type. ``known``: the address of that account."""
    return _begun(_limits(request, _hashed("named", name), known), known)


def begin_second(request: HttpRequest, person: User) -> Try:
    """The same at the second step. Only who has passed the first comes to it: of a burst the owner is told."""
    limits = _limits(request, _hashed("named", f"factor:{person.pk}"), person.email)
    return _begun(limits, person.email, second_of=person)


def begin_unnamed(request: HttpRequest, door: str) -> Try:
    """The same where no account is named: a link, an answer of the provider's. Each such door is counted apart: by a
    link comes in whom somebody else's tries keep out elsewhere."""
    browser = _browser(request)
    if browser:
        return _begun({_hashed("browser", f"{browser[0]} {door}"): (BY_BROWSER, "browser")}, "")
    return _begun({_hashed(f"address at {door}", household(address_of(request))): (BY_ADDRESS, "address")}, "")


def ask_question(request: HttpRequest) -> None:
    """Count a question that an anonymous browser has put to a passkey or the provider: each makes work, and keeps a
    row. No try, and never a burst."""
    browser = _browser(request)
    who = f"browser {browser[0]}" if browser else household(address_of(request))
    _begun({_hashed("question", who): (BEGUN, "address")}, None)


def ask_for_link(request: HttpRequest, email: str) -> None:
    """Count a link for a new password. Apart from the tries, and never as a burst of them: who asks guesses nothing."""
    limits = {
        _hashed("link", email[:320]): (LINKS, "account"),
        _hashed("links", household(address_of(request))): (BY_ADDRESS, "address"),
    }
    _begun(limits, None)


def _begun(limits: dict[str, tuple[int, str]], named: str | None, *, second_of: User | None = None) -> Try:
    """``named``: what the record calls it, if it is guessed at more often than may be; None: it is not on record.
    ``second_of``: at whose second step."""
    now = clock.now()
    seen = _seen(limits)
    if waits := [until for subject, (many, until) in seen.items() if many >= limits[subject][0]]:
        raise TooMany(max(1, int((max(waits) + WINDOW - now).total_seconds())))
    rows = tuple(Guess(subject=subject, at=now) for subject in limits)
    Guess.objects.bulk_create(rows)
    for subject, (many, _first) in _seen(limits).items():
        allowed, what = limits[subject]
        if many > allowed:
            Guess.objects.filter(pk__in=[row.pk for row in rows]).delete()
            raise TooMany(int(WINDOW.total_seconds()))
        if many == allowed and named is not None:
            _record_burst(subject, what, named, allowed, second_of if what != "address" else None)
    return Try(rows, frozenset(subject for subject in limits if limits[subject][1] != "address"))


def _limits(request: HttpRequest, account: str, known: str) -> dict[str, tuple[int, str]]:
    """By subject: how many, and what it is. ``account``: its digest."""
    browser = _browser(request)
    if browser and _hashed("account", known) in browser[1]:
        return {_hashed("browser", f"{browser[0]} {account}"): (BY_BROWSER, "browser")}
    address = household(address_of(request))
    return {
        account: (BY_ACCOUNT, "account"),
        _hashed("address", address): (BY_ADDRESS, "address"),
    }


def _seen(subjects: Iterable[str]) -> dict:
    """By subject: how many tries count now, and when the first of them was."""
    now = clock.now()  # what is later was written by a clock that has been put back since: it may not count for days
    tried = Guess.objects.filter(subject__in=list(subjects), at__gt=now - WINDOW, at__lte=now + SKEW)
    counted = tried.values("subject")
    return {
        row["subject"]: (row["many"], row["first"])
        for row in counted.annotate(many=Count("pk"), first=Min("at")).order_by()
    }


@transaction.atomic
def _record_burst(subject: str, what: str, account: str, most: int, second_of: User | None) -> None:
    now = clock.now()
    if Guess.objects.filter(subject=subject, told=True, at__gt=now - TOLD_EVERY).exists():
        return
    # Of two who come here at once, both find that nobody has told it, and both that it was this try: one marks it.
    counted = Guess.objects.filter(subject=subject, at__gt=now - WINDOW).order_by("pk").values_list("pk", flat=True)
    if not Guess.objects.filter(pk__in=list(counted[:most])[-1:], told=False).update(told=True):
        return
    if second_of is not None:
        data = {"what": "account", "id": second_of.pk, "name": account, "wrong": most}
        telling.tell_of(record_configuration(ENGINE, "second_step_guessed", data, now=now))
        return
    known = User.objects.filter(email=account).exists()  # what strangers typed may be their password
    data = {"what": what, "name": account if known else "", "wrong": most}
    record_configuration(ENGINE, "guessed", data, now=now)


def _hashed(kind: str, what: str) -> str:
    """Not as typed: people type their password where their address belongs."""
    return salted_hmac(f"baton guess {kind}", what, algorithm="sha256").hexdigest()


# --- browsers that know an account --------------------------------------------------------------


def _browser(request: HttpRequest) -> tuple[str, list[str]] | None:
    """Its own number, and the accounts it knows."""
    said = request.get_signed_cookie(KNOWN, default=None, max_age=KNOWN_FOR)
    number, _space, accounts = (said or "").partition(" ")
    return (number, accounts.split()) if number else None


def know(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """From now on this browser is one in which the account has signed in."""
    number, accounts = _browser(request) or (secrets.token_hex(8), [])
    mine = _hashed("account", email)
    accounts = [mine, *(one for one in accounts if not constant_time_compare(one, mine))][:KNOWN_MOST]
    response.set_signed_cookie(
        KNOWN,
        " ".join([number, *accounts]),
        max_age=int(KNOWN_FOR.total_seconds()),
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
