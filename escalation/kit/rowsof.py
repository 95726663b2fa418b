"""Rows that come along with another row, in its query: a page that may ask only so often asks once less."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject

_LISTED = {"sqlite": "JSON_GROUP_ARRAY(JSON(listed.row))", "postgresql": "COALESCE(JSONB_AGG(listed.row), '[]')"}


class RowsOf(Subquery):
    """The rows of ``queryset`` as a list of dicts, with what ``fields`` name; numbers and texts only.

    ``RowsOf(Tick.objects.filter(...), at_step="step")`` is ``[{"at_step": 1}, …]``, in no order.
    """

    output_field = JSONField()

    def __init__(self, queryset: QuerySet, **fields: Any) -> None:
        super().__init__(queryset.order_by().values(row=JSONObject(**fields)))

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper, template: Any = None, **extra: Any) -> Any:
        listed = f"(SELECT {_LISTED[connection.vendor]} FROM (%(subquery)s) listed)"  # noqa: S608 two words of ours
        return super().as_sql(compiler, connection, template or listed, **extra)
