"""What the database itself has to guarantee: unique rows, append-only tables, whole chains, instants in UTC."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from django.db import connection, models
from django.db.models import Count, Max, Min, OuterRef, Q, Subquery

from escalation.notify.models import ContactMethod, NotificationRule
from escalation.policies.models import FrozenPath
from escalation.trail import triggers
from escalation.trail.chain import GENESIS
from escalation.trail.models import Entry, EntryText, Trail

from .. import anchoring
from ..models import Beat, Delivery, EscalationRun, Talk, Timer
from .findings import MOST, Finding, Look, invariant

Model = type[models.Model]
_ENGINES = (EscalationRun, Timer, Delivery, Talk, Beat)
_MODELS: tuple[Model, ...] = (Trail, Entry, EntryText, FrozenPath, ContactMethod, NotificationRule, *_ENGINES)


@invariant("I2", whole=True)
def unguarded(look: Look) -> Iterator[Finding]:
    yield from missing_guards(_MODELS)


def missing_guards(kinds: Sequence[Model]) -> Iterator[Finding]:
    """Unique constraints that the models state and the database lacks, and what came in through the gap."""
    there = _unique_indexes()
    for model in kinds:
        table = model._meta.db_table
        column_of = {field.name: str(field.column) for field in model._meta.concrete_fields}
        for name, fields, condition in _stated(model):
            columns = tuple(column_of[field] for field in fields)
            if (table, columns, condition is not None) not in there:
                yield Finding(f"{table} is not guarded against doubles any more: {name} ({', '.join(columns)})")
                yield from _doubled(model, fields, condition or Q())


def _stated(model: Model) -> Iterator[tuple[str, Sequence[str], Q | None]]:
    """Name, fields and condition of everything that a model says is unique."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield constraint.name, constraint.fields, constraint.condition
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield field.name, [field.name], None


# One statement each: table, index, whether it is partial, column; columns in the index's order.
_INDEXES = {
    "sqlite": (
        "SELECT t.name, i.name, i.partial, c.name FROM sqlite_master t, pragma_index_list(t.name) i,"
        " pragma_index_info(i.name) c WHERE t.type = 'table' AND i.\"unique\" ORDER BY 1, 2, c.seqno"
    ),
    "postgresql": (
        "SELECT t.relname, i.indexrelid, i.indpred IS NOT NULL, a.attname FROM pg_index i"
        " JOIN pg_class t ON t.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(number, place)"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number"
        " WHERE i.indisunique AND i.indisvalid AND pg_table_is_visible(t.oid) ORDER BY 1, 2, k.place"
    ),
}


def _unique_indexes() -> set[tuple[str, tuple[str, ...], bool]]:
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES[connection.vendor])
        groups = groupby(cursor.fetchall(), key=lambda row: row[:3])
        return {(table, tuple(row[3] for row in rows), bool(partial)) for (table, _i, partial), rows in groups}


def _doubled(model: Model, fields: Sequence[str], condition: Q) -> Iterator[Finding]:
    rows = model._default_manager.filter(condition, **{f"{name}__isnull": False for name in fields}).order_by()
    found = rows.values(*fields).annotate(times=Count("pk")).filter(times__gt=1)
    for double in found[:MOST]:
        times = double.pop("times")
        what = ", ".join(f"{name} {value}" for name, value in double.items())
        yield Finding(f"{model._meta.db_table} has {times} rows where there may be one: {what}")


@invariant("I12", whole=True)
def unprotected(look: Look) -> Iterator[Finding]:
    missing = triggers.missing(connection)
    if missing:
        yield Finding(f"the database does not protect the record; missing or different: {', '.join(missing)}")


@invariant("I12", whole=True)
def unanchored(look: Look) -> Iterator[Finding]:
    """Whether anchors over the record are written outside of the database, and so since when not."""
    found = anchoring.trouble(look.now)
    if found is not None:
        since, why = found
        yield Finding(f"the record has no anchors since {since:%Y-%m-%d %H:%M} UTC: {why}")


@invariant("I12")
def head_and_entries(look: Look) -> Iterator[Finding]:
    """Each open trail's head against its entries: how many, without gaps, and the last one's seal."""
    last = Entry.objects.filter(trail=OuterRef("pk"), seq=OuterRef("length")).values("hash")[:1]
    for mine in (Q(pk__in=look.running().values("trail")), Q(subject="installation")):
        heads = look.only(Trail.objects.filter(mine), "pk").annotate(
            count=Count("entries"), first=Min("entries__seq"), last=Max("entries__seq"), seal=Subquery(last)
        )
        yield from _broken_heads(heads.values_list("pk", "subject", "length", "head", "count", "first", "last", "seal"))


def _broken_heads(heads: Iterable[tuple]) -> Iterator[Finding]:
    for pk, subject, length, head, count, first, end, seal in heads:
        if length == 0 and count == 0:
            continue
        if (count, first, end) != (length, 1, length):
            yield Finding(f"its head says {length} entries, and {count} are there ({first} to {end})", pk, subject)
        elif seal != head or head == GENESIS:
            yield Finding(f"its head is not the seal of its last entry, number {length}", pk, subject)


# --- instants -------------------------------------------------------------------------------------

# What SQLite's comparisons rely on: text in one form, without a zone, because all of it is UTC.
_DIGITS = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
_FORMS = (_DIGITS, _DIGITS + "." + "[0-9]" * 6)


@invariant("I14", whole=True)
def column_without_zone(look: Look) -> Iterator[Finding]:
    """PostgreSQL: a column of instants must keep them as instants."""
    if connection.vendor != "postgresql":
        return
    tables = [model._meta.db_table for model in _MODELS]
    wanted = {(m._meta.db_table, f.column) for m in _MODELS for f in _instants(m)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ANY"
            " (current_schemas(false)) AND table_name = ANY (%s) AND data_type = 'timestamp with time zone'",
            [tables],
        )
        for table, column in sorted(wanted - set(cursor.fetchall())):
            yield Finding(f"{table}.{column} does not keep instants in UTC")


@invariant("I14")
def instant_in_another_form(look: Look) -> Iterator[Finding]:
    """SQLite compares instants as text: one in another form is taken too early, too late or never."""
    if connection.vendor != "sqlite":
        return
    running = f"SELECT id FROM {EscalationRun._meta.db_table} WHERE ended_at IS NULL"  # noqa: S608
    yield from _in_other_forms(look, EscalationRun, "ended_at IS NULL")
    yield from _in_other_forms(look, Timer, f"state = 'armed' AND run_id IN ({running})")
    yield from _in_other_forms(look, Delivery, f"state IN ('queued', 'sending') AND run_id IN ({running})")


def _in_other_forms(look: Look, model: Model, where: str) -> Iterator[Finding]:
    """Raw, because Django's own reading of such a text would hide what is wrong with it."""
    table, params = model._meta.db_table, []
    if look.trails is not None:
        where += f" AND trail_id IN ({', '.join(['%s'] * len(look.trails)) or 'NULL'})"
        params += look.trails
    columns = [str(field.column) for field in _instants(model)]
    odd = [" AND ".join(f"{column} NOT GLOB '{form}'" for form in _FORMS) for column in columns]
    either = " OR ".join(f"({test})" for test in odd)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, trail_id, {', '.join(odd)} FROM {table} WHERE {where} AND ({either})", params)  # noqa: S608
        wrong = cursor.fetchmany(MOST)
    subjects = (
        dict(Trail.objects.filter(pk__in={row[1] for row in wrong}).values_list("pk", "subject")) if wrong else {}
    )
    for pk, trail, *tests in wrong:
        named = ", ".join(column for column, is_odd in zip(columns, tests, strict=True) if is_odd)
        what = f"{named} of {model._meta.verbose_name} {pk} is not kept as an instant in UTC"
        yield Finding(what, trail, subjects.get(trail, ""))


def _instants(model: Model) -> list[models.Field]:
    return [field for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField)]


CHECKS = (unguarded, unprotected, unanchored, head_and_entries, column_without_zone, instant_in_another_form)
