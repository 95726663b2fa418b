"""What keeps the house in order: a test of one's ways, steps of runbooks that did not work, reviews that are due,
reviews of incidents that one is asked for, actions that follow from them, training, and webhooks turned off."""

from collections.abc import Iterator
from datetime import datetime, time

from django.core.cache import cache
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext as _

from escalation.people.models import User
from escalation.policies import proving
from incidents.learning.training_due import Standing, due
from incidents.models import Action, ReviewAsk, Tick, Webhook
from incidents.training_due import goals_of, last_plays

from ..chores import Review, chores_of
from ..versions import TURN, open_actions, open_asks, rules_of
from .cue import Act, Cue, When

MOST_ACTIONS = 50


def tests_of(user: User, now: datetime) -> Iterator[Cue]:
    """Somebody asks for a test of their ways, or it is time for one. One query if neither."""
    found = proving.cue_of(user, now)
    if found is None:
        return
    reach, title = f"{reverse('reach')}#ways", _("Send yourself a test")
    then = _("Without it, the next call shows whether you are reached.")
    act = Act(_("How Baton reaches you"), reach, id="cue-test-go")
    if isinstance(found, proving.Due):
        why = _("Nothing has shown lately that you are reached by %(ways)s.") % {"ways": found.ways}
        act = Act(_("Send me a test"), reverse("reach-tests-due"), id="cue-test-go", post=True)
    elif found.mends:
        title = _("See how Baton reaches you")
        why = _("%(by)s asks you to: as it is set now, a call may not reach you.") % {"by": found.by.name}
        then = _("Until it is mended, that stays so.")
    else:
        why = _("%(by)s asks you to: a way to reach you was not tested lately, and you may be called.")
        why %= {"by": found.by.name}
    yield Cue(
        kind="test",
        id="cue-test",
        title=title,
        url=reach,
        why=why,
        then=then,
        when=When(since=0),
        acts=(act,),
        label=_("Test"),
    )


def webhooks_of(user: User, now: datetime) -> Iterator[Cue]:
    """Webhooks of an admin's that Baton turned off. That is on the installation's record: no query while it stays as
    it is."""
    if not user.is_staff:
        return
    off = Webhook.objects.turned_off_for(user).values_list("pk", "name", "off_why", "chat")
    for pk, name, why, chat in cache.get_or_set(f"cue:webhooks:{rules_of(user, now)}", lambda: list(off), TURN) or ():
        page = reverse(f"admin:incidents_{'webhook' if chat is None else 'chatroom'}_change", args=[pk])
        title, then = _("See to the webhook “%(name)s”"), _("The system behind it hears of nothing.")
        if chat is not None:
            title, then = _("See to the chat channel “%(name)s”"), _("Nobody there reads of incidents.")
        yield Cue(
            kind="webhook",
            id=f"cue-webhook-{pk}",
            title=title % {"name": name},
            url=page,
            why=_("Baton turned it off, because %(why)s.") % {"why": why},
            then=_("%(what)s Turn it on, or save it as it is to leave it off.") % {"what": then},
            when=When(since=pk),
            acts=(Act(_("See to it"), page, id=f"webhook-see-{pk}"),),
            label=_("Webhook") if chat is None else _("Channel"),
        )


def chores(user: User, now: datetime) -> Iterator[Cue]:
    """One query for who keeps runbooks, none for who keeps none."""
    found = chores_of(user, now)
    yield from (_task(tick) for tick in found.tasks)
    yield from (_review(one) for one in found.reviews)


def actions_of(user: User, now: datetime) -> Iterator[Cue]:
    """What this person does because of a review or a problem, until it is done. Whoever got one may see what it is of.
    One query for who has any, none for who has none."""
    if not open_actions(user):
        return
    mine = Action.objects.open().filter(owner=user).with_home().order_by("due", "pk")
    today = localtime(now).date()
    for one in mine[:MOST_ACTIONS]:
        page = one.get_absolute_url()
        due = make_aware(datetime.combine(one.due, time.max))
        why = (
            _("It is yours, from the review of %(ref)s.") if one.review else _("It is yours, for the problem %(ref)s.")
        )
        why %= {"ref": one.home.ref}
        if one.due < today:
            why += " " + _("It was due on %(on)s.") % {"on": _day(due)}
        yield Cue(
            kind="review_action",
            id=f"cue-action-{one.pk}",
            title=one.what,
            url=page,
            why=why,
            then=_("Until it is done, it stays here."),
            when=When(due, by_day=True, since=one.pk),
            acts=(Act(_("See to it"), page, id=f"action-see-{one.pk}"),),
            at=_day(due),
            label=_("Action"),
        )


def asked_of(user: User, now: datetime) -> Iterator[Cue]:
    """Reviews of incidents that this person is asked for. One query for who is asked for any, none for who is not."""
    if not open_asks(user):
        return
    found = ReviewAsk.objects.open().visible_to(user).asked_of(user).select_related("incident", "person")
    today = localtime(now).date()
    for one in found.order_by("due", "pk")[:MOST_ACTIONS]:
        incident, due = one.incident, make_aware(datetime.combine(one.due, time.max))
        words = {"title": incident.title, "n": incident.severity, "on": _day(due), "name": one.person.name}
        if one.person_id == user.pk:
            why = _("“%(title)s” was SEV%(n)d, and is over. You are asked to say how it went.") % words
        else:
            why = _("“%(title)s” was SEV%(n)d, and is over. %(name)s was asked, whose account is closed.") % words
        if one.due < today:
            why += " " + _("It was due on %(on)s.") % words
        page = reverse("review-new", args=[incident.number])
        yield Cue(
            kind="review_asked",
            id=f"cue-asked-{one.pk}",
            title=_("Write the review of %(ref)s") % {"ref": incident.ref},
            url=page,
            why=why,
            then=_("It stays here until somebody begins it, or you say why there is none."),
            when=When(due, by_day=True, since=one.pk),
            acts=(
                Act(_("Write the review"), page, id=f"asked-write-{one.pk}"),
                Act(_("No review"), reverse("review-decline", args=[incident.number]), id=f"asked-no-{one.pk}"),
            ),
            at=_day(due),
            label=_("Review"),
        )


def training_of(user: User, now: datetime) -> Iterator[Cue]:
    """A play that a team of theirs wants soon, or wanted. Goals are on the installation's record: no query while it
    stays as it is and none of their teams has one, else one."""
    goals = cache.get_or_set(f"cue:training:{rules_of(user, now)}", lambda: goals_of([user.pk]).get(user.pk, []), TURN)
    if not goals:
        return
    last = last_plays([user.pk]).get(user.pk)
    found = min((due(goal, last) for goal in goals), key=lambda one: one.at)
    standing = found.standing(now)
    if standing is Standing.GOOD:
        return
    page, words = reverse("training"), {"team": found.team, "on": _day(found.last or found.at)}
    why = _("%(team)s wants it. Your last play that counts was on %(on)s.") if found.last else _("%(team)s wants it.")
    yield Cue(
        kind="training",
        id="cue-training",
        title=_("Play a training case"),
        url=page,
        why=why % words,
        then=_("Your supervisors see that it is late.") if standing is Standing.LATE else _("It takes ten minutes."),
        when=When(found.at, by_day=True),
        acts=(Act(_("See the cases"), page, id="training-see"),),
        at=_day(found.at),
        label=_("Training"),
    )


def _task(tick: Tick) -> Cue:
    step, incident = tick.step, tick.incident
    words = {"n": step.number, "title": step.runbook.title}
    said = {"words": Truncator(step.words).chars(160), "ref": incident.ref}
    why = _("“%(words)s” did not work on %(ref)s.") % said
    if text := getattr(tick, "said", ""):
        why += f" {tick.by.name}: “{Truncator(text).chars(300)}”"
    return Cue(
        kind="task",
        id=f"cue-task-{tick.pk}",
        title=_("Look at step %(n)s of “%(title)s”") % words if step.number else _("Look at a step that it had"),
        url=step.runbook.get_absolute_url(),
        why=why,
        then=_("Change the step, or say that it is right as it is."),
        when=When(since=tick.pk),
        acts=(
            Act(_("Change the words"), reverse("runbook-change", args=[step.runbook_id]), id=f"task-change-{tick.pk}"),
            Act(
                _("Right as it is"),
                reverse("tick-settlement", args=[incident.number, tick.pk]),
                id=f"task-right-{tick.pk}",
                dialog=True,
            ),
            Act(incident.ref, incident.get_absolute_url()),
        ),
        label=_("Step"),
    )


def _review(one: Review) -> Cue:
    why = _("Its review was due on %(on)s.") % {"on": _day(one.due)} + " "
    if one.last:
        why += _("%(name)s reviewed it on %(on)s.") % {"name": one.by, "on": _day(one.last)}
    else:
        why += _("Nobody has reviewed it yet.")
    return Cue(
        kind="review",
        id=f"cue-review-{one.runbook}",
        title=_("Read “%(title)s” again") % {"title": one.title},
        url=one.url,
        why=why,
        then=_("Until then its readers see that it is due."),
        when=When(one.due, by_day=True, since=one.runbook),
        acts=(Act(_("Read it"), one.url, id=f"review-read-{one.runbook}"),),
        at=_day(one.due),
        label=_("Review"),
    )


def _day(at: datetime) -> str:
    return date_format(localtime(at), "j M Y")
