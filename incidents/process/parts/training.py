"""Who is in time with a play that counts, of those in the team; as the page of training says it, without names."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.learning.training_due import Standing as Stand

from ..part import Look, Part, Standing, day, short
from ..period import compared


def part(look: Look) -> Part:
    title, began = _("Training"), look.period.began_at
    url = reverse("training") if look.leads else ""  # to everybody else it tells of themselves alone
    people = look.rows.trainees
    if not people:
        return short("training", title, Standing.NONE, _("No training goal is set for this team."), url, title)
    counts = {stand: sum(one.now.standing(look.now) is stand for one in people) for stand in Stand}
    late, was = counts[Stand.LATE], sum(one.then.standing(began) is Stand.LATE for one in people)
    coming = min((one.now.at for one in people if one.now.at > look.now), default=None)
    return Part(
        "training",
        title,
        Standing.GOOD if not late else Standing.ACT if 2 * late >= len(people) else Standing.LOOK,
        _sentence(late, len(people), day(coming) if coming else ""),
        number=late,
        unit=ngettext("of %(n)d person is late", "of %(n)d people are late", len(people)) % {"n": len(people)},
        change=compared(late, was, look.period.beginning) if late or was else "",
        picture="process/share.html",
        drawn=_drawn(counts, len(people)),
        url=url,
        link=title,
    )


def _sentence(late: int, people: int, coming: str) -> str:
    said = {"late": late, "people": people, "day": coming}
    if late:
        words = ngettext(
            "%(late)d of %(people)d is late with a play that counts: give them half an hour this week.",
            "%(late)d of %(people)d are late with a play that counts: give them half an hour this week.",
            late,
        )
        return words % said
    if people == 1:
        return _("The one person is in time; the next play is due by %(day)s.") % said
    return _("All %(people)d are in time; the next play is due by %(day)s.") % said


def _drawn(counts: dict[Stand, int], people: int) -> list[dict]:
    """In time, due soon, late: one length of a hundred."""
    words = {Stand.GOOD: _("in time"), Stand.SOON: _("due within two weeks"), Stand.LATE: _("late")}
    found, x = [], 0.0
    for stand, label in words.items():
        n, width = counts[stand], 100 * counts[stand] / people
        found.append({"kind": stand.value, "label": label, "n": n, "x": round(x, 2), "width": round(width, 2)})
        x += width
    return found
