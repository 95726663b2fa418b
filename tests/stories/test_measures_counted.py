"""What is packed for counting: the figures are those of the summaries, whoever looks and whatever has changed since."""

import random
import re
import threading
from datetime import UTC, datetime, time, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

import incidents
from escalation.engine.audit.findings import Look
from escalation.people.models import Membership, Team
from escalation.policies.models import Policy
from incidents.counting import days
from incidents.counting.auditing import days_as_packed
from incidents.counting.packed import Period, Rows, Sheet
from incidents.insight import tasks
from incidents.insight.asked import MODELS, NAMES, Asked
from incidents.insight.listed import Listed, Pages
from incidents.models import Access, Incident, Service, Source, Summary, SummaryChange, SummaryDay, SummaryShare
from incidents.models.access import grant
from incidents.models.opening import Report
from tests.counted_plain import counted, plain
from tests.stories.test_measured import again, month  # noqa: F401
from tests.stories.test_measures import lines, signed_in
from tests.threads import together

VIEWERS = ("ada", "otto", "sam", "kim", "ana", "mei", "rita")


def everything(cast, now: datetime) -> dict:
    """What an admin's page counts of the last days."""
    return counted(Asked.of({}, cast.ada, now), "severity")


@pytest.fixture
def year(cast, clock):
    """Sixty incidents of two weeks, with figures by lot: of all kinds, restricted ones, seen by name and by team."""
    lot = random.Random(20260301)
    services = [cast.service, *(Service.objects.create(name=n, team=cast.teams["Platform"]) for n in ("Mail", "Web"))]
    sources = [Source.objects.create(name=name) for name in ("North", "South")]
    policies = [cast.policy, Policy.objects.create(name="Other")]
    Membership.objects.create(team=cast.teams["Applications"], user=cast.sam, role="agent")  # two ways to see one
    reports = [Report(title=f"Trouble {n}", service=lot.choice([*services, None])) for n in range(60)]
    for incident in Incident.open_many(reports, by=cast.ines):
        resolver = lot.choice([cast.ana, cast.mei, None])
        Incident.objects.filter(pk=incident.pk).update(restricted=lot.random() < 0.3, resolver=resolver)
        _summary(lot, incident, lot.choice([*sources, None]), lot.choice([*policies, None]), clock.now())
        _shares(lot, incident, [cast.ana, cast.jo, cast.mei, cast.kim, cast.tom])
        teams, people = (
            lot.sample(list(cast.teams.values()), 2),
            lot.sample([cast.ana, cast.mei, cast.kim, cast.sam], 1),
        )
        Access.objects.bulk_create(
            grant(incident.pk, teams=[one.pk for one in teams], people=[one.pk for one in people]),
            ignore_conflicts=True,
        )
    return lot


def _summary(lot, incident, source, policy, now) -> None:
    day = now.date() - timedelta(days=lot.randrange(14))
    at = datetime.combine(day, time(12), UTC)
    furthest, solver = lot.choice(["L1", "L2", ""]), lot.choice(["L1", ""])
    seconds = [0, 1, 299, 300, 899, 900, 3600, 14_400, 86_399, 86_400, 5_000_000_000]
    Summary.objects.create(
        incident=incident,
        opened_at=at,
        resolved_at=at,
        resolved_on=day,
        severity=lot.randint(1, 5),
        team=lot.choice(list(Team.objects.all())),
        service=incident.service,
        policy=policy,
        source=source,
        furthest=furthest,
        solver=solver,
        misrouted=bool(solver) and solver != furthest and lot.random() < 0.6,
        tiers=1,
        reopened=lot.randrange(2),
        resolve_s=lot.choice(seconds),
        hands_on_s=lot.choice(seconds),
        **{name: lot.choice([*seconds, None]) for name in ("acknowledge_s", "escalate_s", "expert_s", "warned_s")},
        **{name: lot.random() < 0.4 for name in ("alone", "hesitated")},
        **{name: lot.randrange(3) for name in ("handovers", "by_clock", "expertise", "access", "capacity")},
    )


def _shares(lot, incident, people) -> None:
    SummaryShare.objects.bulk_create(
        SummaryShare(
            summary_id=incident.pk,
            person=one,
            hands_on_s=lot.choice([0, 0, 60, 4_000, 70_000]),
            calls=lot.randrange(3),
            night_calls=lot.choice([0, 0, 300]),
        )
        for one in lot.sample(people, lot.randrange(4))
    )


@pytest.mark.rehearsal("long")
@pytest.mark.django_db
def test_whoever_looks_the_figures_are_those_of_the_summaries(year, cast, clock):
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    assert days.keep(9) == 9  # some days are packed, others are not
    assert SummaryDay.objects.count() == 9
    filters = [{}, {"severity": "2"}, {"service": "none"}, {"source": "none", "severity": "3"}]
    filters += [{name: str(model.objects.order_by("pk")[0].pk)} for name, model in MODELS.items()]
    filters += [{"since": str(clock.now().date() - timedelta(days=9)), "until": str(clock.now().date())}]
    seen = 0
    for (number, who), said in product(enumerate(VIEWERS), filters):
        asked = Asked.of(said, getattr(cast, who), clock.now())
        if asked.broken:  # it is none of theirs, and they see nothing of it
            assert not Summary.objects.visible_to(asked.user).filter(**said).exists()
            continue
        by = NAMES[(number + len(said)) % len(NAMES)]
        assert counted(asked, by) == plain(asked, by), (who, said)
        seen += asked.rows_found.among.bit_count()
    assert seen > 500


@pytest.mark.rehearsal("long")
@pytest.mark.django_db
@pytest.mark.sqlite_enough
def test_whoever_looks_a_list_has_the_incidents_of_its_number_page_by_page_in_their_order(
    year, cast, clock, monkeypatch
):
    monkeypatch.setattr("incidents.insight.listed.PAGE", 7)
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    days.keep(9)  # some days are packed, others are not
    numbers = [{}, {"only": "reopened"}, {"furthest": "L2"}, {"furthest": "", "solver": "L1"}, {"solver": ""}]
    had = (cast.ana, "worked"), (cast.jo, "called"), (cast.mei, "night")
    numbers += [{"person": str(person.pk), "did": did, "solver": "L1"} for person, did in had]
    seen = 0
    for who, said, more in product(VIEWERS, ({}, {"severity": "2"}), numbers):
        listed = Listed(Asked.of(said, getattr(cast, who), clock.now()), more)
        pages = Pages(listed)
        with CaptureQueriesContext(connection) as queries:
            told = [row.pk for number in pages.page_range for row in pages.page(number)]
        assert len(queries) <= pages.num_pages  # how many there are is known
        assert told == list(listed.found.order_by("-resolved_at", "-pk").values_list("pk", flat=True)), (who, more)
        assert pages.count == len(told)
        seen += len(told)
    assert seen > 300


@pytest.mark.django_db
@pytest.mark.parametrize("file", ["incidents.csv", "people.csv"])
def test_the_first_line_of_a_file_is_there_before_more_than_a_week_of_it_is_read(year, cast, clock, file):
    client, since = signed_in(cast.ada), clock.now().date() - timedelta(days=13)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"/measures/{file}?since={since}")
        parts = iter(answer.streaming_content)
        assert next(parts).startswith(b"incident,") and next(parts).startswith(b"INC-")
        first = [query["sql"] for query in queries if 'ORDER BY "incidents_summary"."resolved_' in query["sql"]]
        assert len(first) == 1 and str(since + timedelta(days=6)) in first[0]
        rest = list(parts)
        assert len([one for one in queries if 'ORDER BY "incidents_summary"."resolved_' in one["sql"]]) == 2
    assert len(rest) > 50
    told = [line["resolved_at"] for line in lines(client, f"/measures/{file}?since={since}")]
    assert told == sorted(told) and len(told) == len(rest) + 1


@pytest.mark.django_db
def test_what_is_packed_is_read_as_bytes_and_not_as_text(year, clock):
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    assert days.keep(9) == 9
    forms = []

    def look(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if '"packed"' in sql:
            answer = getattr(context["cursor"].cursor, "pgresult", None)  # SQLite says all as it is
            forms.append((answer.ntuples, answer.fformat(2)) if answer else (9, 1))
        return found

    until = clock.now().date()
    with connection.execute_wrapper(look):
        assert days.read(until - timedelta(days=14), until).every.bit_count() == 60
    assert forms == [(9, 1)]  # all of them at once, in binary


@pytest.mark.rehearsal("long")
@pytest.mark.django_db
def test_what_was_not_looked_at_since_is_packed_when_its_day_is_over(month, cast, clock):  # noqa: F811
    before = everything(cast, clock.now())
    assert tasks.keep_days() == 0 and days.next_due() == datetime(2026, 3, 3, tzinfo=UTC)
    clock.forward(days=1)
    assert days.next_due() <= clock.now()
    assert tasks.keep_days() == 1 and not SummaryChange.objects.exists() and days.next_due() is None
    assert everything(cast, clock.now()) == before
    SummaryDay.objects.update(shape="another")  # as another version packed it
    assert everything(cast, clock.now()) == before
    assert days.next_due() <= clock.now() and tasks.keep_days() == 1 and days.next_due() is None


@pytest.mark.rehearsal("long")
@pytest.mark.django_db
def test_whatever_changes_a_day_that_is_packed_is_counted_at_once(month, cast, clock):  # noqa: F811
    kim = lambda: Asked.of({}, cast.kim, clock.now()).rows_seen.among.bit_count()  # noqa: E731
    rita = lambda: Asked.of({}, cast.rita, clock.now()).rows_seen.among.bit_count()  # noqa: E731
    clock.forward(days=1)
    days.keep()
    assert (kim(), rita()) == (4, 0)
    again(month.easy).restrict(by=cast.ana, text="A person is named in it")
    assert kim() == 3
    days.keep()
    again(month.easy).lift_restriction(by=cast.ada, text="It is not")
    assert kim() == 4
    days.keep()
    again(month.easy).let_in(by=cast.ana, person=cast.rita)
    assert rita() == 1
    days.keep()
    again(month.easy).reopen(by=cast.ana, text="It jams again")
    assert (kim(), rita()) == (3, 0)
    SummaryDay.objects.update(packed=Sheet(0).pack())  # whatever went wrong
    SummaryChange.objects.all().delete()
    call_command("rebuild_summaries")
    assert kim() == 3


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_a_day_is_read_and_what_was_read_before_is_not_put_over_it(
    open_incident, cast, clock, monkeypatch
):
    first, second = open_incident("First"), open_incident("Second")
    first.resolve(by=cast.ana, cause="change", text="Gone")
    day, read, slow = clock.now().date(), days.packed, iter([True])

    def packed(those):
        assert not connection.in_atomic_block
        found = read(those)
        if next(slow, False):  # meanwhile one more is resolved, and another process packs the day
            again(second).resolve(by=cast.ana, cause="change", text="Gone")
            assert days.pack(day)
        return found

    monkeypatch.setattr(days, "packed", packed)
    days.pack(day)
    monkeypatch.undo()
    assert Period.unpacked({day: bytes(SummaryDay.objects.get(day=day).packed)}).every.bit_count() == 2
    assert not SummaryChange.objects.exists()


@pytest.mark.django_db
def test_a_day_that_cannot_be_packed_keeps_no_other_from_it(year, cast, clock, monkeypatch, caplog):
    noted = sorted(set(Summary.objects.values_list("resolved_on", flat=True)) - {clock.now().date()})
    SummaryChange.note(noted)
    read = days.packed

    def packed(those):
        if noted[0] in those:
            raise ValueError("a row that cannot be")
        return read(those)

    monkeypatch.setattr(days, "packed", packed)
    assert days.keep() == len(noted) - 1
    monkeypatch.undo()
    assert [*SummaryChange.objects.values_list("day", flat=True)] == noted[:1]
    assert f"not packed: what was resolved on {noted[0]}" in caplog.text
    assert counted(asked := Asked.of({}, cast.ada, clock.now()), "severity") == plain(asked, "severity")


@pytest.mark.django_db
def test_however_many_days_are_read_from_the_summaries_few_are_read_at_once(year, cast, clock, monkeypatch):
    sheets, asked_for = days._sheets, []
    monkeypatch.setattr(days, "_sheets", lambda those: asked_for.append(len(those)) or sheets(those))
    monkeypatch.setattr(days, "SLICE", 5)
    until = clock.now().date()
    assert days.read(until - timedelta(days=99), until).every.bit_count() == 60
    assert sum(asked_for) == Summary.objects.values("resolved_on").distinct().count() > 5 >= max(asked_for)


@pytest.mark.django_db
def test_days_on_which_nothing_was_resolved_cost_nothing(year, clock, django_assert_max_num_queries):
    until = clock.now().date()
    with django_assert_max_num_queries(5):
        assert days.read(until - timedelta(days=365), until).every.bit_count() == 60


@pytest.mark.rehearsal("long")
@pytest.mark.django_db
def test_a_rebuild_that_is_cut_off_leaves_no_day_unpacked(year, clock, monkeypatch):
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    clock.forward(days=1)
    days.keep()
    there = set(SummaryDay.objects.values_list("day", flat=True))
    monkeypatch.setattr("incidents.summing.keep", lambda trails: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call_command("rebuild_summaries")
    days.keep()
    assert set(SummaryDay.objects.values_list("day", flat=True)) == there


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["reopened", "restricted", "let in"])
def test_the_audit_names_a_day_that_an_older_version_changed(year, cast, clock, what):
    """It notes nothing."""
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    clock.forward(days=1)
    days.keep()
    look = Look(clock.now())
    assert not days_as_packed(look)
    one = Summary.objects.filter(incident__restricted=False).first()
    if what == "reopened":
        one.delete()
    elif what == "restricted":
        Incident.objects.filter(pk=one.pk).update(restricted=True)
    else:
        Access.objects.bulk_create(grant(one.pk, people=[cast.rita.pk]))
    [found] = days_as_packed(look)
    assert str(one.resolved_on) in found.what and "rebuild_summaries" in found.what
    call_command("rebuild_summaries")
    days.keep()
    assert not days_as_packed(look)


@pytest.mark.django_db
def test_a_day_of_which_nothing_is_left_is_packed_too(year, cast, clock):
    clock.forward(days=1)
    [gone, *_others] = sorted(Summary.objects.values_list("resolved_on", flat=True))
    Summary.objects.filter(resolved_on=gone).delete()
    SummaryChange.note([gone])
    assert days.keep() == 1 and SummaryDay.objects.get(day=gone)
    asked = Asked.of({}, cast.ada, clock.now())
    assert counted(asked, "severity") == plain(asked, "severity")


def test_whoever_lets_somebody_in_notes_it():
    """Nothing is over when it is opened, nor when people are called; all other verbs go by ``let_in``."""
    home = Path(incidents.__file__).parent
    texts = {str(one.relative_to(home)): one.read_text() for one in home.rglob("*.py")}
    writes = {name for name, text in texts.items() if re.search(r"Access\.objects\.\w*create", text)}
    grants = {name for name, text in texts.items() if re.search(r"(?<!let_in\()\bgrant\(", text)}
    assert writes == {"models/access.py", "models/opening.py"}
    assert grants == {"models/access.py", "models/opening.py", "models/effects.py", "models/sharing.py"}
    assert "let_in(rows)" in texts["models/sharing.py"]


@pytest.mark.django_db
def test_what_is_archived_can_be_chosen_where_it_has_figures(month, cast, clock):  # noqa: F811
    gone = Team.objects.create(name="Gone", archived_at=clock.now())
    Team.objects.filter(pk=cast.teams["Applications"].pk).update(archived_at=clock.now())  # owns all of them
    client = signed_in(cast.ada)
    offered = {name for _pk, name in client.get("/measures/").context["asked"].form.fields["team"].choices}
    assert "Applications" in offered and gone.name not in offered
    clock.forward(days=60)
    offered = {name for _pk, name in client.get("/measures/").context["asked"].form.fields["team"].choices}
    assert "Applications" not in offered and "Platform" in offered
    old = client.get(f"/measures/?team={cast.teams['Applications'].pk}")  # a link that somebody kept
    assert not old.context["asked"].broken and b"Nothing was resolved then" in old.content


@pytest.mark.django_db(transaction=True)
def test_what_is_resolved_while_its_day_is_packed_is_not_lost(open_incident, cast):
    """Each in its own connection: one resolves and takes its time to commit, others pack the day meanwhile."""
    incidents = [open_incident(f"Trouble {n}") for n in range(3)]
    for one in incidents[:2]:
        again(one).resolve(by=cast.ana, cause="change", text="Gone")
    [day] = SummaryChange.objects.values_list("day", flat=True).distinct()
    written, taken = threading.Event(), threading.Event()

    def resolve():
        with transaction.atomic():
            again(incidents[2]).resolve(by=cast.ana, cause="change", text="Gone")
            written.set()
            taken.wait(1.0 if connection.vendor == "postgresql" else 0.1)  # SQLite lets nobody in before
        days.pack(day)

    def packs():
        written.wait(10)
        days.pack(day)
        taken.set()
        days.pack(day)

    together(resolve, packs, packs)
    days.pack(day)  # whoever came second left it to the next turn
    kept = Rows(period := days.read(day, day), period.every)
    assert kept.by_day() == {day: 3}
    assert bytes(SummaryDay.objects.get(day=day).packed) == days.packed([day])[day]
    again(incidents[0]).reopen(by=cast.ana, text="It is back")
    assert Period.unpacked(days.packed([day])).every.bit_count() == days.read(day, day).every.bit_count() == 2


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 70_000])
def test_a_day_comes_out_as_it_went_in(rows):
    lot, day = random.Random(rows), datetime(2026, 3, 2, tzinfo=UTC).date()
    numbers = [lot.choice([0, 255, 256, 70_000, 2**40]) for _ in range(rows)]
    chosen = [row for row in range(rows) if lot.random() < 0.5]
    sheet = days.Sheet(
        rows, {"some": chosen}, {"many": numbers, "which": [row % 2 for row in range(rows)]}, ["L1", None]
    )
    period = Period.unpacked(
        {day - timedelta(days=1): days.Sheet(3, {"some": [2]}, {"many": [1, 2, 3]}).pack(), day: sheet.pack()}
    )
    some = Rows(period, period.having("some"))
    assert list(some.each("many")) == [3, *(numbers[row] for row in chosen)]
    assert some.by_day().get(day, 0) == len(chosen)
    assert period.every.bit_count() == rows + 3 and period.having("none of it") == 0
    assert period.where("many", 256).bit_count() == numbers.count(256)
