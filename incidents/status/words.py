"""The sentences that the page, the feed and the JSON share."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from incidents.models.status_page import Effect

from .picture import Picture, State, Trouble, worst

_STATES = {
    State.GOOD: gettext_lazy("no known trouble"),
    State.MAINTENANCE: gettext_lazy("maintenance"),
    **{State(effect.value): effect.label for effect in Effect},
}
_ONE_IS = {  # a name may be one thing or several
    State.DEGRADED: gettext_lazy("Degraded: %(name)s."),
    State.PARTLY_DOWN: gettext_lazy("Partly down: %(name)s."),
    State.DOWN: gettext_lazy("Down: %(name)s."),
}


def state(which: State) -> str:
    return str(_STATES[which])


def title(trouble: Trouble, picture: Picture) -> str:
    """What somebody called it; else by what it touches."""
    if trouble.title:
        return trouble.title
    names = picture.named(trouble.parts)
    return _("Trouble with %(names)s") % {"names": ", ".join(names)} if names else _("Trouble")


def overall(picture: Picture) -> tuple[State, str]:
    """The worst of it, and one sentence about all of it."""
    states = {part: picture.state(part) for part in picture.parts}
    most = worst([*states.values(), *(trouble.effect for trouble in picture.troubles)])
    if most is State.GOOD:
        return most, _("No known trouble.")
    if most is State.MAINTENANCE:
        return most, _("Planned maintenance is under way.")
    touched = [part.name for part, how in states.items() if how in _ONE_IS]
    if not touched:  # what it touched is no component any more
        return most, _("There is trouble.")
    first = next(part.name for part, how in states.items() if how is most)
    said = _ONE_IS[most] % {"name": first}
    if len(touched) > 1:
        more = ngettext("%(n)d other has trouble too.", "%(n)d others have trouble too.", len(touched) - 1)
        said += " " + more % {"n": len(touched) - 1}
    return most, said
