"""What keeps coming back: the team's problems, whether a fix helped, and what nobody owns yet.

Read as the page of problems reads it, all of them at once: what looks like two problems is the nearer one's, and the
two pages say the same.
"""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import recurring
from incidents.learning.afterwards import Measured, Verdict
from incidents.models import Problem
from incidents.recurring import Around, Proposal

from ..part import Line, Look, Part, Standing, cut, short

TITLE = 70
Row = tuple[Problem, Around]


def part(look: Look) -> Part:
    title, url = _("Recurring problems"), reverse("problems")
    known = list(Problem.objects.visible_to(look.reader).open_first()[: recurring.MOST_PROBLEMS])
    read = recurring.read(known, look.reader, look.now, propose=True)
    rows = [(one, read.around[one.pk]) for one in known if one.team_id == look.team and one.closed_at is None]
    unowned = [one for one in read.proposals[: recurring.MOST_PROPOSALS] if one.first.team == look.team]
    more = _is_cut(known) or len(read.proposals) > recurring.MOST_PROPOSALS
    if not rows and not unowned:
        said = _("Nothing of this team keeps coming back.")
        if more:
            said = _("Nothing of this team keeps coming back, as far as could be looked at.")
        return short("problems", title, Standing.GOOD, said, url, _("Problems"))
    came = sum(around.lately for _one, around in rows) + sum(one.count for one in unowned)
    rows.sort(key=_first)
    most = max((max(m.before, m.after) for _one, m in _measured(rows)), default=0)
    return Part(
        "problems",
        title,
        _standing(rows, unowned),
        _sentence(rows, unowned),
        number=came,
        unit=_unit(came, least=more or any(around.cut for _one, around in rows)),
        url=url,
        link=_("Problems"),
        **cut([*(_proposed(one) for one in unowned), *(_line(one, around, most) for one, around in rows)]),
    )


def _is_cut(known: Sequence[Problem]) -> bool:
    """Whether some that are not closed may not have been looked at."""
    return len(known) >= recurring.MOST_PROBLEMS and known[-1].closed_at is None


def _unit(n: int, *, least: bool) -> str:
    if least:
        return ngettext(
            "incident of the same trouble in 30 days, at least", "incidents of the same trouble in 30 days, at least", n
        )
    return ngettext("incident of the same trouble in 30 days", "incidents of the same trouble in 30 days", n)


def _verdict(row: Row) -> Verdict | None:
    return row[1].measured.verdict if row[1].measured else None


def _first(row: Row) -> tuple[int, int]:
    """What a fix did not help, then what is open, then the others; of each what came most often."""
    order = {Verdict.NOT: 0, None: 1, Verdict.UNCLEAR: 2, Verdict.EARLY: 3, Verdict.HELPED: 4}
    return order[_verdict(row)], -row[1].lately


def _standing(rows: Sequence[Row], unowned: Sequence[Proposal]) -> Standing:
    if any(_verdict(row) is Verdict.NOT for row in rows):
        return Standing.ACT
    back = any(around.lately for one, around in rows if one.fixed_at is None)
    return Standing.LOOK if unowned or back else Standing.GOOD


def _sentence(rows: Sequence[Row], unowned: Sequence[Proposal]) -> str:
    worst = rows[0] if rows else None
    if worst and _verdict(worst) is Verdict.NOT:
        return _("The fix of %(problem)s did not help: look for another cause.") % {"problem": _name(worst[0])}
    if unowned:
        said = {"title": _short(unowned[0].first.title), "n": unowned[0].count}
        return _("“%(title)s” came %(n)d times in 30 days, and nobody owns it: begin a problem.") % said
    assert worst is not None
    if worst[0].fixed_at is None and worst[1].lately:
        said = {"problem": _name(worst[0]), "n": worst[1].lately}
        words = ngettext(
            "%(problem)s came back %(n)d time in 30 days, and is not fixed yet.",
            "%(problem)s came back %(n)d times in 30 days, and is not fixed yet.",
            worst[1].lately,
        )
        return words % said
    helped = sum(_verdict(row) is Verdict.HELPED for row in rows)
    if helped:
        return ngettext("%(n)d fix helped.", "%(n)d fixes helped.", helped) % {"n": helped}
    return _("No problem that is open came back in 30 days.")


def _measured(rows: Sequence[Row]) -> list[tuple[Problem, Measured]]:
    return [(one, around.measured) for one, around in rows if around.measured]


def _line(one: Problem, around: Around, most: int) -> Line:
    measured, url = around.measured, one.get_absolute_url()
    if measured is None:
        n = around.lately
        return Line(_name(one), ngettext("%(n)d in 30 days", "%(n)d in 30 days", n) % {"n": n}, url)
    counts = measured.before, measured.after
    lengths = [round(100 * n / most) if most else 0 for n in counts]
    return Line(_name(one), recurring.said(measured), url, counts, *lengths)


def _proposed(one: Proposal) -> Line:
    note = _("%(n)d in 30 days, nobody owns it") % {"n": one.count}
    return Line(_short(one.first.title), note, reverse("incident", args=[one.first.number]))


def _name(one: Problem) -> str:
    return f"{one.ref} {_short(one.title)}"


def _short(title: str) -> str:
    return Truncator(title).chars(TITLE)
