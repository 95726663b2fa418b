"""How Baton reaches you: your own ways, rules and quiet hours, nobody else's. Every answer is all of it, as it is now.

A browser is added in that browser, and an account of a chat from that chat: both prove who they are there.
"""

from collections.abc import Callable
from datetime import time
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.notify import accounts, judging, reaching, saying
from escalation.notify.fitness import Settled
from escalation.notify.forms import MethodForm, QuietForm, RuleForm
from escalation.notify.models import ChatAccount, ContactMethod, NotificationRule, QuietHours
from escalation.people.models import User
from escalation.people.tokens import Scope

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .filled import filled, of_validation, wrong
from .repeats import once
from .shapes import Asked, Id, Instant, MaybeText, Number, example

router = Router(auth=Bearer(Scope.PLAN), tags=["reach"])
Urgency = Literal["loud", "quiet"]
Short = Annotated[MaybeText, Field(max_length=500)]


class WayOut(Schema):
    """One way to reach you."""

    id: int
    channel: str
    address: str = Field(description="As your own page shows it: of an address that may be a secret, a part.")
    label: str
    is_account: bool = Field(description="Your account's e-mail: it stays.")
    verified_at: Instant | None = Field(description="null: it is not used before its code was sent back.")
    proved_at: Instant | None = Field(description="When something last showed that it reaches you.")
    unusable: str = Field(description="Why it cannot be used now; empty if it can.")
    last: str = Field(description="How the last test or code went: empty (none), waiting, ok or failed.")
    last_failure: str


class RuleOut(Schema):
    id: int
    way: int
    delay_minutes: int
    words: str


class ChainOut(Schema):
    """What happens when you are called, in words."""

    urgency: Urgency
    severities: str
    sentence: str
    rules: list[RuleOut]


class QuietOut(Schema):
    begins: str = Field(examples=["22:00"])
    ends: str = Field(examples=["07:00"])


class AccountOut(Schema):
    """An account of a chat whose buttons answer for you."""

    id: int
    name: str


class ReachOut(Schema):
    ways: list[WayOut]
    chains: list[ChainOut]
    quiet: QuietOut | None = Field(description="On your own clock: what is not urgent waits for its end.")
    accounts: list[AccountOut]
    flaws: list[str] = Field(description="What may keep a call from reaching you.")


class WayIn(Asked):
    model_config = example(channel="sms", address="+49 151 2345678", label="work phone")

    channel: Short = Field(examples=["sms"])
    address: Short = Field(examples=["+49 151 2345678"])
    label: Short = ""


class CodeIn(Asked):
    code: Short


class RuleIn(Asked):
    model_config = example(urgency="loud", way=3, delay_minutes=5)

    urgency: Urgency = Field(description="loud: SEV1 and SEV2; quiet: the others.")
    way: Id
    delay_minutes: int = Field(0, ge=0, le=1440)


class QuietIn(Asked):
    model_config = example(begins="22:00", ends="07:00")

    begins: Short = Field(examples=["22:00"])
    ends: Short = Field(examples=["07:00"])


def state(user: User) -> ReachOut:
    now = clock.now()
    ways = list(ContactMethod.objects.kept().filter(person=user).select_related("person").order_by("pk"))
    settled = Settled() if user.is_auditor else judging.settled([user])[user.pk]  # nobody calls an auditor
    return ReachOut(
        ways=[_way(one) for one in ways],
        chains=[_chain(one) for one in saying.chains_of(user)],
        quiet=_quiet(QuietHours.objects.filter(person=user).first()),
        accounts=[AccountOut(id=one.pk, name=str(one)) for one in accounts.linked_to(user)],
        flaws=[] if user.is_auditor else [str(one) for one in judging.own_sentences(settled, now)],
    )


def _way(one: ContactMethod) -> WayOut:
    return WayOut(
        id=one.pk,
        channel=one.channel,
        address=one.for_owner,
        label=one.label,
        is_account=one.is_account,
        verified_at=one.verified_at,
        proved_at=one.proved_at,
        unusable=one.why_not,
        last=one.last_state,
        last_failure=one.last_failure if one.last_state == "failed" else "",
    )


def _chain(chain: saying.Chain) -> ChainOut:
    rules = [
        RuleOut(id=said.pk, way=said.rule.method_id, delay_minutes=said.rule.delay_minutes, words=said.words)
        for said in chain.said
    ]
    return ChainOut(urgency=chain.urgency, severities=chain.name, sentence=chain.sentence, rules=rules)  # type: ignore[arg-type]


def _quiet(kept: QuietHours | None) -> QuietOut | None:
    return None if kept is None else QuietOut(begins=f"{kept.begins:%H:%M}", ends=f"{kept.ends:%H:%M}")


def _own(request: HttpRequest, pk: int) -> None:
    """Somebody else's is not there."""
    get_object_or_404(ContactMethod.objects.kept(), person=person(request), pk=pk)


def _changed(request: HttpRequest, verb: Callable[[User], object], status: int = 200) -> HttpResponse:
    user = person(request)

    def do() -> Made:
        try:
            verb(user)
        except ValidationError as error:
            raise of_validation(error) from error
        return Made(state(user), status=status)

    return once(request, do)


# --- ways -----------------------------------------------------------------------------------------


@router.get("/reach", response={200: ReachOut}, summary="How Baton reaches you")
def show(request: HttpRequest) -> HttpResponse:
    """Your ways, rules and quiet hours, and what may keep a call from reaching you."""
    return answers.read(request, state(person(request)))


@router.post("/reach/ways", response={201: ReachOut}, summary="Add a way to reach you")
def add(request: HttpRequest, said: WayIn) -> HttpResponse:
    """A code is sent there at once; the way is used once it was sent back."""
    found = filled(MethodForm(said.model_dump()))
    return _changed(request, lambda user: reaching.add(user, **found), 201)


@router.post("/reach/ways/{way}/verification", response={200: ReachOut}, summary="Send a way's code back")
def verify(request: HttpRequest, way: Number, said: CodeIn) -> HttpResponse:
    """A wrong code counts as a try, whatever the key of the request."""
    _own(request, way)
    if said_wrong := reaching.verify(person(request), way, said.code):
        raise wrong({"code": [said_wrong]})
    return _changed(request, lambda user: None)


@router.post("/reach/ways/{way}/codes", response={200: ReachOut}, summary="Have a new code sent")
def send_code(request: HttpRequest, way: Number) -> HttpResponse:
    """The old one is not valid any more."""
    _own(request, way)
    return _changed(request, lambda user: reaching.send_code(user, way))


@router.post("/reach/ways/{way}/tests", response={200: ReachOut}, summary="Send yourself a test")
def test(request: HttpRequest, way: Number) -> HttpResponse:
    """By this way. How it went stands on the way a moment later."""
    _own(request, way)
    return _changed(request, lambda user: reaching.send_test(user, way))


@router.post("/reach/tests", response={200: ReachOut}, summary="Send yourself the tests that are due")
def test_all(request: HttpRequest) -> HttpResponse:
    return _changed(request, reaching.send_due_tests)


@router.delete("/reach/ways/{way}", response={200: ReachOut}, summary="Remove a way")
def remove(request: HttpRequest, way: Number) -> HttpResponse:
    """With the rules that use it."""
    _own(request, way)
    return _changed(request, lambda user: reaching.remove(user, way))


@router.delete("/reach/accounts/{account}", response={200: ReachOut}, summary="Unlink a chat account")
def end_account(request: HttpRequest, account: Number) -> HttpResponse:
    """Its buttons answer for you no more."""
    get_object_or_404(ChatAccount, person=person(request), pk=account)
    return _changed(request, lambda user: accounts.end(user, account))


# --- rules and quiet hours ------------------------------------------------------------------------


@router.post("/reach/rules", response={201: ReachOut}, summary="Add a rule")
def add_rule(request: HttpRequest, said: RuleIn) -> HttpResponse:
    """When you are called: by this way, so many minutes later."""
    user = person(request)
    chain = next(one for one in saying.chains_of(user) if one.urgency == said.urgency)
    mine = ContactMethod.objects.kept().filter(person=user).select_related("person")
    found = _filled_rule(RuleForm(chain, mine, {"method": str(said.way), "delay_minutes": said.delay_minutes}))
    return _changed(request, lambda user: reaching.add_rule(user, urgency=said.urgency, **found), 201)


def _filled_rule(form: RuleForm) -> dict[str, Any]:
    """What the form calls a method is a way here."""
    if "method" in form.errors:
        raise wrong({"way": [str(one) for one in form.errors["method"]]})
    return filled(form)


@router.delete("/reach/rules/{rule}", response={200: ReachOut}, summary="Remove a rule")
def remove_rule(request: HttpRequest, rule: Number) -> HttpResponse:
    get_object_or_404(NotificationRule, person=person(request), pk=rule)
    return _changed(request, lambda user: reaching.remove_rule(user, rule))


@router.put("/reach/quiet", response={200: ReachOut}, summary="Set quiet hours")
def set_quiet(request: HttpRequest, said: QuietIn) -> HttpResponse:
    """What is not urgent waits for their end."""
    found: dict[str, time] = filled(QuietForm(person(request), said.model_dump()))
    return _changed(request, lambda user: reaching.set_quiet_hours(user, found["begins"], found["ends"]))


@router.delete("/reach/quiet", response={200: ReachOut}, summary="Have no quiet hours")
def end_quiet(request: HttpRequest) -> HttpResponse:
    return _changed(request, lambda user: reaching.set_quiet_hours(user, None, None))
