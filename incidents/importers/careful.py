"""What readers have in common: a thing that cannot be read costs only itself, and is told of. Pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from .comparing import Calendar
from .plain import Odd, text
from .records import Level, Note
from .recurring import NotExpressible

Raw = dict[str, Any]
AT_THE_END = "When a policy ends without an answer, the last-resort contact is called: see Admin, Installation."
UNREADABLE = frozenset({"(cannot be read)"})
Found = TypeVar("Found")
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


class Careful:
    """``told`` gathers what is to be said."""

    def __init__(self) -> None:
        self.told: list[Note] = []

    def each(self, kind: str, raw: Iterable[Raw], read: Callable[[Raw], Found]) -> Iterator[Found]:
        """Each of them as a record, but for those that cannot be one; of these nothing else is told than why."""
        for one in raw:
            said = len(self.told)
            try:
                yield read(one)
            except _UNREADABLE as why:
                del self.told[said:]
                self.say(kind, one, Level.LEFT, _words(why))

    def tell(self, label: str, raw: Raw, *more: str) -> None:
        """What is of no one thing: that there is nothing like some of it here, what was not told, and ``more``."""
        for kind, found in raw["told_of"].items():
            for one in found:
                self.say(kind, one, Level.LEFT, "There is nothing like it here.")
        for level, texts in ((Level.LEFT, raw["missing"]), (Level.CHANGED, [AT_THE_END, *more])):
            self.told += (Note("export", "", label, level, words) for words in texts)

    def say(self, kind: str, one: Raw, level: Level, words: str) -> None:
        name = text(one, "name") or text(one, "summary") or text(one, "username") or text(one, "id")
        self.told.append(Note(kind, text(one, "id"), name, level, words))


class CarefulCalendar:
    """A calendar of an old system of which what cannot be read costs only itself: ``UNREADABLE`` is on call by it."""

    def __init__(self, calendar: Callable[[], Calendar]):
        self._make = calendar
        self._made: Calendar | None = None

    @property
    def _calendar(self) -> Calendar:
        if self._made is None:
            self._made = self._make()
        return self._made

    def on_call(self, schedule: str, at: datetime) -> frozenset[str]:
        try:
            return self._calendar.on_call(schedule, at)
        except _UNREADABLE:
            return UNREADABLE

    def changes(self, schedule: str, since: datetime, until: datetime) -> Iterable[datetime]:
        try:
            return list(self._calendar.changes(schedule, since, until))
        except _UNREADABLE:
            return ()


def _words(why: Exception) -> str:
    if isinstance(why, NotExpressible):
        return f"It does not come over: {why}."
    if isinstance(why, Odd):
        return str(why)
    return f"It cannot be read ({type(why).__name__}: {str(why)[:80]})."
