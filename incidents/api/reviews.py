"""Reviews of incidents, by the number of the incident: read, written, shared, and their actions kept until done.

``If-Match`` is about what people wrote: words, remarks, actions and whether it is shared. The timeline is read from the
record each time, and is nobody's change.
"""

from collections.abc import Callable
from datetime import date
from hashlib import blake2b
from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import AfterValidator, Field

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.tokens import Scope
from incidents.models import Action, Review, ReviewRemark
from incidents.models.actions import WHAT
from incidents.models.reviews import MOST_FACTORS, Factor, Words, actions_visible_to
from incidents.reviewing import drafting, markdown, reading
from incidents.reviewing.forms import in_time

from . import answers, review_state
from .acting import other, someone
from .answers import Made
from .bearer import Bearer, person
from .cursors import Paging, page
from .filled import of_validation
from .incident_verbs import Somebody, Why
from .repeats import Sees, once
from .review_state import ActionsOut, ReviewOut, ReviewsOut
from .shapes import Asked, Id, MaybeText, Number, Text, example

router = Router(auth=Bearer(Scope.WORK), tags=["reviews"])
AT, ACTION, REMARK = (
    "/reviews/{number}",
    "/reviews/{number}/actions/{action}",
    "/reviews/{number}/timeline/{seq}/remark",
)
NEW = {200: ReviewOut}
At = Annotated[int, Path(ge=1, le=2**53 - 1, description="Of the incident.")]


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("write a few words")
    return text


Said = Annotated[Text, AfterValidator(_says_something)]
What = Annotated[Said, Field(max_length=WHAT)]


class ReviewsWanted(Paging):
    state: Literal["draft", "shared", "done"] | None = Field(None, description="done: shared, and no action is open.")


class ActionsWanted(Paging):
    owner: Number | Literal["me"] | None = None
    late: bool = Field(False, description="Only those whose day has passed, on your clock.")


class BeginIn(Asked):
    model_config = example(incident=1042)

    incident: Id = Field(description="Its number.")


class FactorIn(Asked):
    kind: Factor
    text: Said


class WordsIn(Asked):
    """All that is written; what is left empty is taken away."""

    model_config = example(
        summary="A release broke card payments for 24 minutes.",
        helped="Rolling back at once.",
        hindered="The release had not been tried with real cards.",
        factors=[{"kind": "change", "text": "4.18.2 went out untried."}],
    )

    summary: MaybeText
    helped: MaybeText
    hindered: MaybeText
    factors: Annotated[list[FactorIn], Field(max_length=MOST_FACTORS)]

    @property
    def words(self) -> Words:
        texts = self.model_dump(exclude={"factors"})
        return Words(**texts, factors=tuple((one.kind.value, one.text) for one in self.factors))


class RemarkIn(Asked):
    model_config = example(text="Nobody knew yet that the acquirer was away.")

    text: Said


class MoveIn(Asked):
    model_config = example(owner="mei@example.com", due="2026-03-16")

    owner: Somebody = Field(
        description="Who does it: number or e-mail address. They may see the incident from then on."
    )
    due: date = Field(description="The day by which it is done.")


class ActionIn(MoveIn):
    model_config = example(what="Try releases with real cards", owner="mei@example.com", due="2026-03-16")

    what: What


_OPEN = Exists(Action.objects.open().filter(review=OuterRef("pk")))
_IN_STATE = {
    "draft": Q(shared_at=None),
    "shared": Q(_OPEN, shared_at__isnull=False),
    "done": Q(~_OPEN, shared_at__isnull=False),
}


# --- read -----------------------------------------------------------------------------------------


@router.get("/reviews", response={200: ReviewsOut}, summary="Reviews of incidents that you may see")
def listed(request: HttpRequest, wanted: Query[ReviewsWanted]) -> HttpResponse:
    """The newest first."""
    rows = Review.objects.visible_to(person(request)).with_state().select_related("incident", "begun_by")
    if wanted.state is not None:
        rows = rows.filter(_IN_STATE[wanted.state])
    found, following = page(rows, wanted, order=("-begun_at", "-id"))
    return answers.read(request, ReviewsOut(items=[review_state.row(one) for one in found], next=following))


@router.get("/reviews/actions", response={200: ActionsOut}, summary="Actions of reviews that are not done")
def actions(request: HttpRequest, wanted: Query[ActionsWanted]) -> HttpResponse:
    """The earliest day first."""
    me = person(request)
    today = localdate(clock.now())
    rows = actions_visible_to(me).select_related("owner", "review__incident")
    rows = rows.overdue(today) if wanted.late else rows.open()
    if wanted.owner is not None:
        rows = rows.filter(owner=me.pk if wanted.owner == "me" else wanted.owner)
    found, following = page(rows, wanted, order=("due", "id"))
    items = [review_state.action_of(one, today) for one in found]
    return answers.read(request, ActionsOut(items=items, next=following))


@router.get(AT, response=NEW, summary="One review")
def show(request: HttpRequest, number: At, names: bool = False) -> HttpResponse:
    """What people wrote, and what the record says: by tiers, with `names` by the names that are on it."""
    made = _made(request, number, names=names)
    return answers.read(request, made.body, made.version)


_FILE = {"text/markdown": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    f"{AT}/markdown",
    response={200: None},
    summary="A review as one Markdown file",
    openapi_extra={"responses": {200: {"description": "The file.", "content": _FILE}}},
)
def as_markdown(request: HttpRequest, number: At, names: bool = False) -> HttpResponse:
    """By tiers, unless `names` are asked for. What people wrote is escaped: it is text there, never markup."""
    me = person(request)
    found = _found(me, number)
    read = reading.of(found.incident, clock.now())
    remarks = dict(ReviewRemark.objects.filter(review=found).values_list("seq", "text"))
    rows = list(found.actions.select_related("owner"))
    text = markdown.written(found, read, remarks, rows, names=names)
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["ETag"] = f'"{blake2b(text.encode(), digest_size=9).hexdigest()}"'
    return answers.or_unchanged(request, response)


# --- written --------------------------------------------------------------------------------------


@router.post("/reviews", response={201: ReviewOut}, summary="Begin a review")
def begin(request: HttpRequest, said: BeginIn) -> HttpResponse:
    """Of a resolved incident: a draft from its record, to be corrected and shared."""
    me = person(request)

    def do() -> Made:
        incident = other(said.incident, me, field="body.incident")
        Review.begin(incident, by=me, words=lambda: drafting.draft(incident, reading.of(incident, clock.now())))
        return _made(request, incident.number, status=201)

    return once(request, do, sees=_sees(me))


@router.put(f"{AT}/words", response=NEW, summary="Write a review: what happened, helped, made it harder, contributed")
def write(request: HttpRequest, number: At, said: WordsIn) -> HttpResponse:
    """Instead of what was written there. The timeline is the record's, and nobody's to write."""
    return _changed(request, number, lambda review, me: review.write(by=me, words=said.words))


@router.post(f"{AT}/sharing", response=NEW, summary="Share a review: it is no draft any more")
def share(request: HttpRequest, number: At) -> HttpResponse:
    return _changed(request, number, lambda review, me: review.share(by=me))


@router.put(REMARK, response=NEW, summary="Remark on a line of the timeline")
def remark(request: HttpRequest, number: At, seq: Path[Number], said: RemarkIn) -> HttpResponse:
    """Instead of the remark that was there."""
    return _changed(request, number, lambda review, me: _remark(review, me, seq, said.text))


@router.delete(REMARK, response=NEW, summary="Take a remark away")
def take_remark_away(request: HttpRequest, number: At, seq: Path[Number]) -> HttpResponse:
    return _changed(request, number, lambda review, me: _remark(review, me, seq, ""))


def _remark(review: Review, me: User, seq: int, text: str) -> None:
    if all(one.seq != seq for one in reading.of(review.incident, clock.now()).looked.timeline):
        raise Http404
    review.remark(by=me, seq=seq, text=text)


# --- actions --------------------------------------------------------------------------------------


@router.post(f"{AT}/actions", response=NEW, summary="Add an action")
def add_action(request: HttpRequest, number: At, said: ActionIn) -> HttpResponse:
    """It is among the cues of whoever does it, until it is done or dropped."""

    def do(review: Review, me: User) -> None:
        review.add_action(by=me, what=said.what, owner=owner_of(said), due=due_of(said))

    return _changed(request, number, do)


@router.put(ACTION, response=NEW, summary="Say who does an action, and by when")
def change_action(request: HttpRequest, number: At, action: Path[Number], said: MoveIn) -> HttpResponse:
    def do(review: Review, me: User) -> None:
        review.change_action(_number(review, action), by=me, owner=owner_of(said), due=due_of(said))

    return _changed(request, number, do)


@router.post(f"{ACTION}/completion", response=NEW, summary="Say that an action is done")
def complete_action(request: HttpRequest, number: At, action: Path[Number]) -> HttpResponse:
    return _changed(request, number, lambda review, me: review.complete_action(_number(review, action), by=me))


@router.post(f"{ACTION}/refusal", response=NEW, summary="Drop an action, and say why")
def drop_action(request: HttpRequest, number: At, action: Path[Number], said: Why) -> HttpResponse:
    def do(review: Review, me: User) -> None:
        review.drop_action(_number(review, action), by=me, text=said.text)

    return _changed(request, number, do)


def _number(review: Review, number: int) -> int:
    return get_object_or_404(review.actions.only("number"), number=number).number


def owner_of(said: MoveIn) -> User:
    return someone(said.owner, field="body.owner")


def due_of(said: MoveIn) -> date:
    try:
        return in_time(said.due, localdate(clock.now()))
    except ValidationError as error:
        raise of_validation(ValidationError({"due": error.messages})) from error


# --- what they share ------------------------------------------------------------------------------


def _found(me: User, number: int) -> Review:
    """The review of an incident, if this person may see it; else there is none."""
    rows = Review.objects.visible_to(me).select_related("incident__trail", "incident__service", "begun_by", "shared_by")
    return get_object_or_404(rows, incident__number=number)


def _writable(me: User, number: int) -> Review:
    review = _found(me, number)
    if not review.incident.may_act(me):
        ref = {"ref": review.incident.ref}
        raise Refused(_("You may look at %(ref)s but not change it.") % ref, code="not-allowed")
    return review


def _made(request: HttpRequest, number: int, *, names: bool = False, status: int = 200) -> Made:
    me = person(request)
    return review_state.made(_found(me, number), me, clock.now(), names=names, status=status)


def _changed(request: HttpRequest, number: int, verb: Callable[[Review, User], object]) -> HttpResponse:
    me = person(request)

    def do() -> Made:
        verb(_writable(me, number), me)
        return _made(request, number)

    def was() -> Made:
        _writable(me, number).incident.stand_still(by=me)
        return _made(request, number)

    return once(request, do, was=was, sees=_sees(me))


def _sees(me: User) -> Sees:
    return lambda told: _found(me, told["incident"]["number"])
