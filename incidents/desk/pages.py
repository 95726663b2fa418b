"""A long list, a page at a time, that never counts to its end: beyond a thousand it says "1000+"."""

from collections.abc import Sequence
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import QuerySet

MOST = 1000


class Pages(Paginator):
    """Over the ids of several sets, one after the other: read in their order and no further than needed."""

    def __init__(self, sets: Sequence[QuerySet], per_page: int):
        super().__init__(_ids(sets), per_page)
        self.found = len(self.object_list)  # at most one more than is shown
        self.object_list = self.object_list[:MOST]

    @property
    def more(self) -> bool:
        return self.found > MOST

    @cached_property
    def said(self) -> str:
        return str(said(self.found))


def said(count: int) -> int | str:
    """How many, as far as it is counted."""
    return f"{MOST}+" if count > MOST else count


def _ids(sets: Sequence[QuerySet]) -> list[int]:
    found: list[int] = []
    for one in sets:
        if len(found) <= MOST:
            found += one.values_list("pk", flat=True)[: MOST + 1 - len(found)]
    return found


def in_order(rows: QuerySet, ids: Sequence[int]) -> list:
    """The rows of these ids, in their order."""
    by_id = {row.pk: row for row in rows.filter(pk__in=ids)}
    return [by_id[pk] for pk in ids if pk in by_id]
