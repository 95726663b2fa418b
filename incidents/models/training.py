"""Training: who has played which case, what they said at each step, and how well.

A play keeps the case as it was when it began, so that what somebody reached means the same however the case is changed
later; only a case that nobody may read any more takes its words along (``training_cases.unsaid``). Answers are only
ever added, in the order of the steps, under the row's lock: a page that is loaded again or gone back to changes none.
No incident is concerned, so no trail is: who trained when stands here, and nowhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import Membership, User

Said = dict[str, Any]  # an answer: "now" (bool), and if so "to" (the key of a target) and "why" (a reason)


class PlayQuerySet(models.QuerySet["TrainingPlay"]):
    def visible_to(self, user: User) -> "PlayQuerySet":
        """One's own; as a supervisor those of the team's people; admins and auditors see all."""
        if user.is_staff or user.is_auditor:
            return self
        led = Membership.objects.filter(user=user, role=Membership.Role.SUPERVISOR).values("team")
        return self.filter(Q(person=user) | Q(person__in=Membership.objects.filter(team__in=led).values("user")))

    def going_on(self) -> "PlayQuerySet":
        return self.filter(ended_at__isnull=True)

    def take_words(self) -> None:
        """What was reached stays, and when; nothing is told of the case. What goes on cannot go on without them."""
        self.going_on().delete()
        self.update(title="", told={})

    def ended(self) -> "PlayQuerySet":
        return self.filter(ended_at__isnull=False)


class TrainingPlay(models.Model):
    """One person plays one case. ``score`` in per cent, once it has ended."""

    person = models.ForeignKey(User, models.PROTECT, related_name="plays")
    case = models.CharField(max_length=64)  # its key
    title = models.CharField(max_length=120)
    told = models.JSONField()  # the case, as it was
    answers = models.JSONField(default=list)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True)

    objects = PlayQuerySet.as_manager()

    class Meta:
        verbose_name = _("training play")
        verbose_name_plural = _("training plays")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "case"], condition=Q(ended_at__isnull=True), name="one_play_of_a_case_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, score__isnull=True)
                | Q(ended_at__isnull=False, score__isnull=False, score__lte=100),
                name="a_play_that_ended_has_a_score",
            ),
        ]
        indexes = [models.Index(fields=["person", "-ended_at"], name="plays_latest")]

    def __str__(self):
        return f"{self.title}: {self.person}"

    def get_absolute_url(self):
        return reverse("training-play", args=[self.pk])

    @classmethod
    @transaction.atomic
    def begin_play(cls, *, by: User, case: str, told: Mapping[str, Any]) -> "TrainingPlay":
        """Begin, or go on with the one that has begun."""
        if not may_play(by):
            raise Refused(_t("An auditor looks on, and does not play."), code="not-allowed")
        # Two presses at once: the unique key lets one of them make it, and the other finds it.
        play, _made = cls.objects.going_on().get_or_create(
            person=by,
            case=case,
            ended_at=None,
            defaults={"title": told["title"], "told": dict(told), "began_at": clock.now()},
        )
        return play

    @transaction.atomic
    def answer_step(
        self, *, by: User, step: int, said: Said, score: Callable[[Mapping[str, Any], Sequence[Said]], int]
    ) -> None:
        """What this person says at a step, counted from 0. The same again changes nothing; another answer is refused.
        With the last one it ends, and ``score`` is asked what was reached."""
        row = TrainingPlay.objects.select_for_update().get(pk=self.pk)
        if row.person_id != by.pk:
            raise Refused(_t("Only whoever plays it answers."), code="not-allowed")
        if not row.title:  # its words were taken
            raise Refused(_t("This case is not told any more."), code="stale")
        if step < len(row.answers):
            if row.answers[step] != said:
                raise Refused(_t("You have answered that step already; your first answer counts."), code="stale")
        elif step == len(row.answers) and row.ended_at is None:
            row.answers = [*row.answers, said]
            if len(row.answers) == len(row.told["steps"]):
                row.ended_at, row.score = clock.now(), score(row.told, row.answers)
            row.save(update_fields=["answers", "ended_at", "score"])
        else:
            raise Refused(_t("That step has not come yet."), code="stale")
        self.answers, self.ended_at, self.score = row.answers, row.ended_at, row.score


def may_play(user: User) -> bool:
    return user.is_active and (user.is_staff or not user.is_auditor)
