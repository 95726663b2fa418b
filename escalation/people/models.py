"""People, teams, skills and tiers."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.dispatch import Signal
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.text import is_seen
from escalation.kit.zones import time_zones

from .tokens import ApiAnswer as ApiAnswer
from .tokens import ApiToken as ApiToken

admin_made = Signal()  # with ``user``, in the transaction
AT_LEAST_ONE = [MinValueValidator(1)]
MINUTES = [MinValueValidator(1), MaxValueValidator(30 * 24 * 60)]  # a limit of a step, at most a month


class ArchivedQuerySet(models.QuerySet):
    def in_use(self):
        return self.filter(archived_at__isnull=True)


class UserManager(BaseUserManager["User"]):
    """Accounts are found by e-mail address, without regard to case."""

    def get_by_natural_key(self, username):
        return self.get(email=(username or "").strip().casefold())

    def create_user(self, email, name, password=None, **fields):
        user = self.model(email=email.strip().casefold(), name=name, **fields)
        user.set_password(password)
        user.save()
        return user

    @transaction.atomic
    def create_superuser(self, email, name, password=None, **fields):
        """What ``manage.py createsuperuser`` and ``setup`` do. Whoever hears of it puts it on record.

        The password is judged here too: the command takes one from the environment as it is, and a bad one from
        whoever insists.
        """
        if password is not None:
            validate_password(password, self.model(email=email, name=name))
        user = self.create_user(email, name, password, is_staff=True, is_superuser=True, **fields)
        admin_made.send(User, user=user)
        return user


def validate_timezone(value: str) -> None:
    if value not in time_zones():
        raise ValidationError(_("“%(zone)s” is not a time zone; try Europe/Berlin."), params={"zone": value})


def validate_name(value: str) -> None:
    if not is_seen(value):
        raise ValidationError(_("Nothing of this name can be seen. Give another one."))


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The e-mail address is the login, stored case-folded."""

    class Theme(models.TextChoices):
        SYSTEM = "", _("as the system")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, validators=[validate_name])
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.SYSTEM, blank=True)
    keys_on = models.BooleanField(_("keyboard shortcuts"), default=True)
    presence_on = models.BooleanField(_("others see when I have an incident open"), default=True)
    skills = models.ManyToManyField("people.Skill", blank=True, related_name="holders", verbose_name=_("skills"))
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Untick to end somebody's access. Their record stays.")
    )
    is_staff = models.BooleanField(_("admin"), default=False, help_text=_("May configure this installation."))
    is_auditor = models.BooleanField(_("auditor"), default=False, help_text=_("Sees everything, changes nothing."))
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "id"]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        self.email = self.email.strip().casefold()

    @cached_property
    def _belongs(self) -> list[tuple[int, str, str, bool]]:
        """Asked once, since the person lives as long as the request."""
        rows = self.memberships.order_by("team").values_list("team", "team__name", "role", "team__archived_at")
        return [(team, name, role, archived_at is None) for team, name, role, archived_at in rows]

    @property
    def belongs(self) -> list[tuple[int, str, str]]:
        """Team, name and role of each membership."""
        return [(team, name, role) for team, name, role, _in_use in self._belongs]

    @property
    def belongs_in_use(self) -> list[tuple[int, str, str]]:
        """Those of teams that are not archived."""
        return [(team, name, role) for team, name, role, in_use in self._belongs if in_use]

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"

    def get_short_name(self) -> str:
        return self.name.split()[0] if self.name.split() else self.email


class Skill(models.Model):
    """An ability, an authority or an access grant that people hold."""

    class Kind(models.TextChoices):
        ABILITY = "ability", _("ability")
        AUTHORITY = "authority", _("authority")
        ACCESS = "access", _("access")

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ABILITY)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Team(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    holder_limit = models.PositiveSmallIntegerField(
        _("held by one member, at most"),
        null=True,
        blank=True,
        validators=AT_LEAST_ONE,
        help_text=_("The board says when somebody holds more; it keeps nobody from it. Leave empty for no limit."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ArchivedQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Membership(models.Model):
    class Role(models.TextChoices):
        AGENT = "agent", _("agent")
        SUPERVISOR = "supervisor", _("supervisor")

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.AGENT)
    joined_at = models.DateTimeField(_("joined"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_role_per_team")]

    def __str__(self):
        return f"{self.user} · {self.team} ({self.get_role_display()})"


class Tier(models.Model):
    """A level of support; its functional ones are the board's columns, in the order of rank."""

    class Track(models.TextChoices):
        FUNCTIONAL = "functional", _("who works on it")
        HIERARCHICAL = "hierarchical", _("who must know")

    name = models.CharField(_("name"), max_length=80, unique=True)
    track = models.CharField(_("track"), max_length=12, choices=Track, default=Track.FUNCTIONAL)
    rank = models.PositiveSmallIntegerField(_("rank"), help_text=_("1 is the first to be called."))
    team = models.ForeignKey(Team, models.PROTECT, related_name="tiers", verbose_name=_("team"))
    ack_minutes = models.PositiveIntegerField(_("minutes to acknowledge"), default=5, validators=MINUTES)
    work_minutes = models.PositiveIntegerField(
        _("minutes to work on it"),
        null=True,
        blank=True,
        validators=MINUTES,
        help_text=_("After so long the next step is taken. Leave empty for no limit."),
    )
    open_limit = models.PositiveSmallIntegerField(
        _("open at once, at most"),
        null=True,
        blank=True,
        validators=AT_LEAST_ONE,
        help_text=_("The board says when there are more; nothing is kept from escalating. Leave empty for no limit."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ArchivedQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["track", "rank", "name"]

    def __str__(self):
        return self.name


class Session(AbstractBaseSession):
    """Somebody who is signed in with one browser (see ``sessions``). Ended by being deleted."""

    person = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="sessions", verbose_name=_("person")
    )  # nobody's: not signed in yet
    began_at = models.DateTimeField(_("since"), default=clock.nearly)
    seen_at = models.DateTimeField(_("last seen"), default=clock.nearly)  # to ``sessions.SEEN_EVERY``
    address = models.CharField(_("address"), max_length=45, default="", blank=True)
    device = models.CharField(_("device"), max_length=80, default="", blank=True)

    class Meta(AbstractBaseSession.Meta):
        pass

    @classmethod
    def get_session_store_class(cls):
        from .sessions import SessionStore

        return SessionStore

    @property
    def handle(self) -> str:
        """What a page may say to mean this one: the key itself would let whoever reads it in."""
        return salted_hmac("baton session", self.session_key, algorithm="sha256").hexdigest()[:32]


class Press(models.Model):
    """A form that somebody has sent, and what was said about it (see ``once``): for a day, no part of the record."""

    key = models.CharField(max_length=64, primary_key=True)
    said = models.TextField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("form sent")
        verbose_name_plural = _("forms sent")

    def __str__(self):
        return self.said


def agents_of(team_ids: Iterable[int]) -> dict[int, list[User]]:
    """Whom a call to each team reaches: its active agents, or its supervisors if it has none."""
    found: dict[int, dict[str, list[User]]] = {team: {} for team in team_ids}
    rows = Membership.objects.filter(
        team__in=found, user__is_active=True, user__is_auditor=False, team__archived_at__isnull=True
    )
    for member in rows.select_related("user").order_by("user__name", "user_id"):
        found[member.team_id].setdefault(member.role, []).append(member.user)
    roles = Membership.Role
    return {team: by.get(roles.AGENT) or by.get(roles.SUPERVISOR) or [] for team, by in found.items()}
