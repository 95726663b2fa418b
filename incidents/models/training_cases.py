"""A training case that is made from an incident: a draft, until somebody has read each part of it and publishes it.

A case is plain data, as those that come with the product are (``incidents.learning.training``). Its *parts* are its
words and each step. That somebody has read a part and found no name in it is kept with what they read, not with its
place: a part that is changed afterwards is one that nobody has read. A part that was drafted says whose words it
quotes, by the number of the entry: so they go from it, and from every play, when they leave the record.

Everybody of the installation may play what is published, whatever they may see of the incident. So who may make one
is whoever answers for the incident, and each verb stands on its record; a restricted one never becomes a case, and of
one that is restricted or re-opened later nobody begins it. What was replaced, names too, is kept while it is a draft,
for whoever makes it; nothing of that once it is published.

**No status column.** A case is a draft until it is published, and may be withdrawn: then nobody begins it, and it may
be changed and published again. What was played stays as it was (``training``), unless its words are taken from the
plays too. The incident's lock is the case's.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import Membership, User
from escalation.trail.models import EntryText

from .access import Access
from .training import TrainingPlay

if TYPE_CHECKING:
    from .incident import Incident

WORDS = 0  # the number of the part that is no step
Told = dict[str, Any]
Check = Callable[[Told], Sequence[str]]  # what is wrong with a case, in sentences


class TrainingCaseQuerySet(models.QuerySet["TrainingCase"]):
    def published(self) -> "TrainingCaseQuerySet":
        """What everybody may play: nothing of an incident that was restricted since, or that goes on again: a case is
        of what is over."""
        found = self.filter(published_at__isnull=False, withdrawn_at__isnull=True)
        return found.filter(incident__restricted=False, incident__resolved_at__isnull=False)

    def shut(self, keys: Iterable[str]) -> set[str]:
        """Of these keys of cases, those of an incident that was restricted since: nothing more is said of them."""
        own = [key.removeprefix("own-") for key in keys if key.startswith("own-")]
        return {one.key for one in self.filter(pk__in=own, incident__restricted=True).only("pk")} if own else set()

    def writable_by(self, user: User) -> "TrainingCaseQuerySet":
        """Admins; supervisors of a team that sees its incident, if it was not restricted since."""
        if not user.is_active or (user.is_auditor and not user.is_staff):
            return self.none()
        if user.is_staff:
            return self.all()
        rows = Access.objects.filter(incident=OuterRef("incident"))
        mine = rows.filter(team__memberships__user=user, team__memberships__role=Membership.Role.SUPERVISOR)
        return self.filter(Exists(mine), incident__restricted=False)


class TrainingCase(models.Model):
    """Which incident it was made from is for those who make it alone."""

    incident = models.OneToOneField("incidents.Incident", models.PROTECT, related_name="+")
    told = models.JSONField()
    replaced = models.JSONField(default=list)  # while it is a draft: of which part, what, and by what
    read = models.JSONField(default=list)  # the marks of the parts that somebody has read as they are
    revision = models.PositiveIntegerField(default=1)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=gettext_lazy("author"))
    begun_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = TrainingCaseQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("training case")
        verbose_name_plural = gettext_lazy("training cases")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(published_at__isnull=True, published_by__isnull=True, withdrawn_at__isnull=True)
                | models.Q(published_at__isnull=False, published_by__isnull=False),
                name="a_case_is_withdrawn_after_it_was_published",
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("training-case", args=[self.pk])

    @property
    def key(self) -> str:
        """As plays know it."""
        return f"own-{self.pk}"

    @property
    def title(self) -> str:
        return str(self.told["title"])

    @property
    def state(self) -> str:
        """``draft``, ``published`` or ``withdrawn``."""
        return "draft" if self.published_at is None else "withdrawn" if self.withdrawn_at else "published"

    # --- its parts --------------------------------------------------------------------------------

    @property
    def parts(self) -> list[Told]:
        """Its words, and then each step."""
        return _parts(self.told)

    def is_read(self, part: Told) -> bool:
        return mark(part) in self.read

    @property
    def unread(self) -> list[int]:
        return [n for n, part in enumerate(self.parts) if not self.is_read(part)]

    # --- verbs ------------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def begin(
        cls, incident: "Incident", *, by: User, told: Told, replaced: Sequence[Mapping[str, Any]] = ()
    ) -> "TrainingCase":
        """A draft, as it was made from the record."""
        work = incident._begin(by=by, needs_open=False)
        may_make(incident, by)
        if cls.objects.filter(incident=incident).exists():
            raise Refused(_("Somebody has begun this case already."), code="stale")
        _still_on_record(incident, told)
        case = cls.objects.create(incident=incident, told=told, replaced=list(replaced), author=by, begun_at=work.now)
        case._said(work, "case_begun")
        return case

    @transaction.atomic
    def write(self, part: int, *, by: User, words: Told, looked: bool, seen: str | None = None) -> None:
        """Other words for a part, its number from 0. ``looked``: who wrote it says that nothing in it tells who or
        where. ``seen``: the mark of the part that the form was made from."""
        self._at(by)
        there = self._part(part, seen)
        new = {**there, **words}
        if part != WORDS and not self._in_order(part, new):
            raise Refused(
                _("Somebody has moved the step beside it meanwhile: it comes after the one before it."), code="stale"
            )
        if part == WORDS:
            self.told = {**new, "steps": self.told["steps"]}
        else:
            self.told = {**self.told, "steps": [*self.told["steps"][: part - 1], new, *self.told["steps"][part:]]}
        self._keep(looked=[new] if looked else [])

    @transaction.atomic
    def drop_step(self, part: int, *, by: User, seen: str | None = None) -> None:
        """Without that step. What was said there of how many people it was is said at the one that follows."""
        self._at(by)
        dropped, steps = self._part(part, seen), list(self.told["steps"])
        if part == WORDS or len(steps) == 1:
            raise Refused(_("A case has at least one step."), code="invalid")
        del steps[part - 1]
        gone = (dropped.get("facts") or {}).get("people") or []
        looked = []
        if part - 1 < len(steps) and gone:
            facts, was_read = steps[part - 1]["facts"], self.is_read(steps[part - 1])
            steps[part - 1] = {**steps[part - 1], "facts": {**facts, "people": [*gone, *facts["people"]]}}
            looked = [steps[part - 1]] if was_read else []
        self.told = {**self.told, "steps": steps}
        self.replaced = [_moved(one, part) for one in self.replaced if one["part"] != part]
        self._keep(looked=looked)

    @transaction.atomic
    def publish(self, *, by: User, check: Check, seen: str | None = None) -> None:
        """Everybody may play it from then on. ``check`` is asked what is wrong with it; ``seen``: the revision that
        the page showed."""
        work = self._at(by)
        if seen is not None and seen != str(self.revision):
            raise Refused(_("Somebody has changed this case since the page was loaded."), code="stale")
        if self.unread:
            raise Refused(_("Read each part first, and say that you have: no name, no secret is left."))
        wrong = check(self.told)
        if wrong:
            raise Refused(" ".join(wrong), code="invalid")
        self.published_at, self.published_by, self.withdrawn_at, self.replaced = work.now, by, None, []
        self.revision += 1
        self.save()
        self._said(work, "case_published", number=self.revision)

    @transaction.atomic
    def withdraw(self, *, by: User, words_too: bool = False) -> None:
        """Nobody begins it any more. Whoever has begun it ends it, and what was reached stays. ``words_too``: also from
        every play its words are taken, for what should never have been read; also if it was withdrawn before."""
        work = self._at(by, changes=False)
        if self.state == "draft" or (self.state == "withdrawn" and not words_too):
            raise Refused(_("It is not published."), code="stale")
        self.withdrawn_at = self.withdrawn_at or work.now
        self.save(update_fields=["withdrawn_at"])
        if words_too:
            TrainingPlay.objects.filter(case=self.key).take_words()
        self._said(work, "case_withdrawn", **({"words_taken": True} if words_too else {}))

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        """A draft that nobody has published goes."""
        work = self._at(by, changes=False)
        if self.state != "draft":
            raise Refused(_("It was published, and plays of it are kept. Withdraw it instead."))
        self.delete()
        self._said(work, "case_removed")

    def forget_words(self, seq: int, work: Work) -> None:
        """What was written with an entry has left the record: no part that quotes it tells anything any more, however
        it was changed, and no play of it. What is published is withdrawn, until its author has told it anew."""
        plays = TrainingPlay.objects.filter(case=self.key).exclude(title="")
        quoting = [
            one.pk for one in plays.only("told").iterator() if any(_quotes(part, seq) for part in _parts(one.told))
        ]
        plays.filter(pk__in=quoting).take_words()
        gone = [n for n, part in enumerate(self.parts) if _quotes(part, seq)]
        if not gone:
            return
        words, *steps = [_emptied(part) if n in gone else part for n, part in enumerate(self.parts)]
        self.told = {**words, "steps": steps}
        self.replaced = [one for one in self.replaced if one["part"] not in gone]
        if self.state == "published":
            self.withdrawn_at = work.now
            work.entry(self.incident.trail_id, "case_withdrawn", {"words_taken": True})
        self._keep(looked=())

    # --- what they share --------------------------------------------------------------------------

    def _at(self, by: User, *, changes: bool = True) -> Work:
        """The incident's lock, whether this person may, and the row under it."""
        work = self.incident._begin(by=by, needs_open=False)
        there = type(self).objects.filter(pk=self.pk).exists()
        if not there:
            raise Refused(_("Somebody has deleted this draft."), code="stale")
        self.refresh_from_db(fields=[one.attname for one in self._meta.concrete_fields if one.name != "incident"])
        if not (by.is_staff or self.incident.may_reassign(by)):
            raise Refused(_("Only supervisors and admins make training cases."), code="not-allowed")
        if changes:
            if self.state == "published":
                raise Refused(_("It is published. Withdraw it to change it."), code="stale")
            may_make(self.incident, by)
        return work

    def _part(self, part: int, seen: str | None) -> Told:
        parts = self.parts
        if part >= len(parts) or (seen is not None and seen != mark(parts[part])):
            raise Refused(_("Somebody has changed this meanwhile."), code="stale")
        return parts[part]

    def _in_order(self, part: int, step: Told) -> bool:
        """Whether its minute is after the step before it, and before the one that follows."""
        minutes = [one["minute"] for one in self.told["steps"]]
        before, after = minutes[: part - 1][-1:], minutes[part : part + 1]
        return all(one < step["minute"] for one in before) and all(step["minute"] < one for one in after)

    def _keep(self, *, looked: Sequence[Told]) -> None:
        """Of what was read, only what is still there as it was."""
        known = {*self.read, *map(mark, looked)}
        self.read = [one for one in map(mark, self.parts) if one in known]
        self.revision += 1
        self.save()

    def _said(self, work: Work, kind: str, **data: Any) -> None:
        work.entry(self.incident.trail_id, kind, data)
        work.write()


def may_make(incident: "Incident", by: User) -> None:
    """Raises ``Refused``: this person makes no case of this incident, or nobody does."""
    ref = {"ref": incident.ref}
    if not incident.may_reassign(by):
        raise Refused(_("Only supervisors and admins make training cases."), code="not-allowed")
    if incident.drill:
        raise Refused(_("%(ref)s was a drill: a case is made of what happened.") % ref)
    if incident.restricted:
        raise Refused(_("%(ref)s is restricted: everybody may play a case, and few may read this.") % ref)
    if incident.merged_into_id is not None:
        raise Refused(_("%(ref)s was merged: make a case of what it goes on as.") % ref)
    if incident.resolved_at is None:
        raise Refused(_("%(ref)s is open. A case is made of what is over.") % ref)


def unsaid(plays: Sequence[TrainingPlay]) -> set[int]:
    """The keys of those of which only the score and the day are said: their words were taken, or their incident was
    restricted since. One query, if one of them is from our own record."""
    shut = TrainingCase.objects.shut({one.case for one in plays})
    return {one.pk for one in plays if not one.title or one.case in shut}


def mark(part: Told) -> str:
    """What a part says, in few letters: another one for other words."""
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()[:24]


def _parts(told: Told) -> list[Told]:
    return [{name: value for name, value in told.items() if name != "steps"}, *told["steps"]]


def _quotes(part: Told, seq: int) -> bool:
    """Of a part that does not say whom it quotes, it may be anybody."""
    return seq in part.get("quotes", (seq,))


def _emptied(part: Told) -> Told:
    """``taken``: for whoever writes it, why."""
    return {**part, "outcome" if "outcome" in part else "text": "", "quotes": [], "taken": True}


def _still_on_record(incident: "Incident", told: Told) -> None:
    """Whoever took a text away while the draft was being made found no case that has it."""
    quoted = {seq for part in _parts(told) for seq in part.get("quotes", ())}
    there = EntryText.objects.filter(entry__trail=incident.trail_id, entry__seq__in=quoted)
    if there.count() < len(quoted):
        raise Refused(_("A text was taken out of the record meanwhile. Make the draft once more."), code="stale")


def _moved(one: Told, gone: int) -> Told:
    return {**one, "part": one["part"] - 1} if one["part"] > gone else one


def along() -> dict:
    """For the query that finds an incident: its training case, if it has one."""
    return {"training_case": models.Subquery(TrainingCase.objects.filter(incident=OuterRef("pk")).values("pk")[:1])}
