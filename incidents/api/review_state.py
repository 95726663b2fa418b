"""A review as the API gives it: in a list, and whole."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b

from django.conf import settings
from django.utils.timezone import localdate
from ninja import Schema
from pydantic import Field

from escalation.people.models import User
from incidents.learning.reviewing import Moment, Shown
from incidents.models import Action, Review, ReviewRemark
from incidents.models.reviews import Factor
from incidents.reviewing import markdown, reading, words

from .answers import Made
from .shapes import Instant, Named, named


class ReviewedOut(Schema):
    number: int = Field(examples=[1042])
    ref: str = Field(examples=["INC-1042"])
    title: str


class ReviewRow(Schema):
    """A review in a list."""

    incident: ReviewedOut
    url: str = Field(description="Its page at the desk.")
    state: str = Field(description="draft, shared or done: shared, and no action is open.")
    begun_at: Instant
    begun_by: Named
    shared_at: Instant | None


class ReviewsOut(Schema):
    items: list[ReviewRow]
    next: str | None


class ActionOut(Schema):
    """What somebody does so that it goes better next time."""

    number: int = Field(description="Within its review.")
    what: str
    owner: Named
    due: date
    state: str = Field(description="open, done or dropped.")
    late: bool = Field(description="Its day has passed, on your clock, and it is open.")
    done_at: Instant | None
    done_by: Named | None
    dropped_at: Instant | None
    dropped_by: Named | None
    why_dropped: str


class ActionRow(Schema):
    """An action in a list of several reviews' actions."""

    incident: ReviewedOut
    number: int = Field(description="Within its review.")
    what: str
    owner: Named
    due: date
    late: bool


class ActionsOut(Schema):
    items: list[ActionRow]
    next: str | None


class FactorOut(Schema):
    kind: Factor
    text: str


class RemarkOut(Schema):
    text: str
    by: Named
    at: Instant


class MomentOut(Schema):
    """A line of the timeline."""

    seq: int = Field(description="Of the entry on the incident's record.")
    at: Instant
    kind: str
    tier: str = Field(description="That acted, or had it then.")
    words: str
    text: str = Field(description="What somebody wrote in it then.")
    remark: RemarkOut | None


class SignShownOut(Schema):
    """A warning sign: when it showed first, and what came of it."""

    key: str
    words: str
    at: Instant
    heeded_at: Instant | None
    how: str = Field(description="escalated, by_clock or declined; empty: nothing before the end.")
    heeded: str


class FactOut(Schema):
    label: str
    words: str


class ReviewOut(ReviewRow):
    """What people wrote, and what the record says."""

    shared_by: Named | None
    summary: str
    helped: str
    hindered: str
    factors: list[FactorOut]
    actions: list[ActionOut]
    facts: list[FactOut]
    signs: list[SignShownOut]
    timeline: list[MomentOut]
    cut: bool = Field(description="The record goes on; the timeline is its beginning.")
    may_write: bool


def made(review: Review, me: User, now: datetime, *, names: bool, status: int) -> Made:
    """The new state. ``names``: the timeline by names instead of tiers."""
    remarks = {one.seq: one for one in ReviewRemark.objects.filter(review=review).select_related("by")}
    actions = list(review.actions.select_related("owner", "done_by", "dropped_by"))
    review.has_open = any(one.is_open for one in actions)  # type: ignore[attr-defined]
    read = reading.of(review.incident, now)
    today = localdate(now)
    whole = ReviewOut(
        **row(review).model_dump(),
        shared_by=named(review.shared_by),
        summary=review.summary,
        helped=review.helped,
        hindered=review.hindered,
        factors=[FactorOut(kind=Factor(one.kind), text=one.text) for one in review.factors.order_by("id")],
        actions=[action_out(one, today) for one in actions],
        facts=[FactOut(label=label, words=said) for label, said in markdown.facts(review.incident, read)],
        signs=[_sign(one) for one in read.looked.signs],
        timeline=[_moment(one, remarks, names=names) for one in read.looked.timeline],
        cut=read.cut,
        may_write=review.incident.may_act(me),
    )
    location = f"/api/v1/reviews/{review.incident.number}" if status == 201 else ""
    return Made(whole, _version(review, remarks, actions), status, location)


def _version(review: Review, remarks: Mapping[int, ReviewRemark], actions: Sequence[Action]) -> str:
    """Changes with whatever people do to it."""
    ends = [(one.number, one.token, one.done_at, one.dropped_at) for one in actions]
    kept = (review.version, review.shared_at, sorted(one.pk for one in remarks.values()), ends)
    return blake2b(repr(kept).encode(), digest_size=6).hexdigest()


def row(review: Review) -> ReviewRow:
    return ReviewRow(
        incident=_of(review),
        url=settings.ADDRESS + review.get_absolute_url(),
        state=review.state,
        begun_at=review.begun_at,
        begun_by=Named(id=review.begun_by_id, name=review.begun_by.name),
        shared_at=review.shared_at,
    )


def _of(review: Review) -> ReviewedOut:
    return ReviewedOut(number=review.incident.number, ref=review.incident.ref, title=review.incident.title)


def action_of(one: Action, today: date) -> ActionRow:
    """``today``: where its reader is."""
    owner, review = Named(id=one.owner_id, name=one.owner.name), one.review
    assert review is not None
    return ActionRow(
        incident=_of(review), number=one.number, what=one.what, owner=owner, due=one.due, late=one.due < today
    )


def action_out(one: Action, today: date) -> ActionOut:
    return ActionOut(
        number=one.number,
        what=one.what,
        owner=Named(id=one.owner_id, name=one.owner.name),
        due=one.due,
        state="done" if one.done_at else "dropped" if one.dropped_at else "open",
        late=one.is_open and one.due < today,
        done_at=one.done_at,
        done_by=named(one.done_by),
        dropped_at=one.dropped_at,
        dropped_by=named(one.dropped_by),
        why_dropped=one.why_dropped,
    )


def _moment(one: Moment, remarks: Mapping[int, ReviewRemark], *, names: bool) -> MomentOut:
    remark = remarks.get(one.seq)
    return MomentOut(
        seq=one.seq,
        at=one.at,
        kind=one.kind,
        tier=one.tier,
        words=words.sentence(one, names=names),
        text=one.text,
        remark=_remark(remark) if remark is not None else None,
    )


def _remark(one: ReviewRemark) -> RemarkOut:
    return RemarkOut(text=one.text, by=Named(id=one.by_id, name=one.by.name), at=one.at)


def _sign(one: Shown) -> SignShownOut:
    return SignShownOut(
        key=one.key,
        words=words.of_sign(one),
        at=one.at,
        heeded_at=one.heeded_at,
        how=one.how,
        heeded=words.heeded(one),
    )
