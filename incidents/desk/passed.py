"""What passing the baton leaves on the incident's page: the last brief, and the skills that are needed."""

from collections.abc import Sequence
from functools import cached_property

from django.db.models import Exists, OuterRef

from escalation.people.models import Skill, User
from incidents.models import Incident

from . import briefs
from .record import Line


class Panel:
    """Computed when the templates ask. ``story``: what the record says of how the baton moved, oldest first."""

    def __init__(self, incident: Incident, user: User, story: Sequence[Line]) -> None:
        self._incident, self._user, self._run, self._story = incident, user, incident.run, story

    @cached_property
    def brief(self) -> briefs.Given | None:
        return briefs.given(self._story, self._run.pk) if self._run else None

    @property
    def is_mine(self) -> bool:
        """Whether the brief was written for this person, who has taken it."""
        run, given = self._run, self.brief
        if run is None or given is None or given.offered:
            return False
        return run.holder_id == self._user.pk != given.line.entry.actor_id

    @property
    def has_answered(self) -> bool:
        """Whether this person said that they are on the decision that was asked for."""
        run = self._incident.authority_run
        if run is None or run.ended_at or run.held_until or not run.acknowledged_at:
            return False
        answers = (line for line in reversed(self._story) if line.entry.run == run.pk and line.kind == "acknowledged")
        last = next(answers, None)
        return last is not None and last.entry.actor_id == self._user.pk

    @property
    def authority_ahead(self) -> str:
        """The next tier that could be told before its time; empty if there is none, or while the clocks stand still."""
        run, step = self._incident.authority_run, self._incident.authority_ahead()
        return step.tier if run is not None and step is not None and run.held_until is None else ""

    @cached_property
    def needed(self) -> list[Skill]:
        """Each with whether its holder lacks it. No query where nothing can be needed."""
        if not getattr(self._incident, "may_need", True):
            return []
        holder = self._run.holder_id if self._run and not self._incident.resolved_at else None
        has = User.skills.through.objects.filter(user=holder or 0, skill=OuterRef("pk"))
        return list(self._incident.needed().annotate(has=Exists(has)))

    @property
    def missing(self) -> list[Skill]:
        """What whoever has the baton lacks; nobody lacks anything before they have it."""
        return [skill for skill in self.needed if not skill.has] if self.has_holder else []  # type: ignore[attr-defined]

    @property
    def has_holder(self) -> bool:
        return bool(self._run and self._run.holder_id and not self._incident.resolved_at)

    @property
    def may_be_said(self) -> bool:
        """If nobody keeps skills, there is nothing to say."""
        return self._incident.resolved_at is None and getattr(self._incident, "skills_kept", True)
