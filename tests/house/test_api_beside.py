"""What a person can do beside incidents, a program can: each address of ours has an operation, or says why not."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from ninja import Schema

from escalation.oncall.models import Override, Schedule
from incidents.api.v1 import api
from incidents.models import (
    Drill,
    DrillRun,
    Incident,
    MaintenanceWindow,
    Problem,
    Review,
    Runbook,
    SavedView,
    TrainingPlay,
)
from incidents.models.reviews import Words
from incidents.practising import shipped
from tests.api_kit import Program
from tests.drill_kit import plan
from tests.escalation.test_schedules import make_schedule
from tests.house.test_addresses import names
from tests.house.test_house import NOUNS
from tests.maintenance_kit import planner
from tests.many_kit import MOST, attempts, incidents, something_happens
from tests.runbook_kit import write

DONE_BY = {
    "cues": "cues_listed",
    "queue": "incidents_listed",
    "queue-filters": "incidents_listed",
    "incident-new": "incidents_create",
    "queue-views": "views_listed",
    "queue-view-new": "views_add",
    "queue-view": "views_change",
    "queue-view-archive": "views_archive",
    "queue-view-first": "views_set_first",
    "tried": "attempts_listed",
    "configuration": "configuration_listed",
    "configuration-csv": "configuration_listed",
    "maintenance": "maintenance_listed",
    "maintenance-new": "maintenance_plan",
    "maintenance-change": "maintenance_change",
    "maintenance-end": "maintenance_end",
    "maintenance-cancel": "maintenance_cancel",
    "heartbeats": "watching_heartbeats",
    "runbooks": "runbooks_listed",
    "runbook": "runbooks_show",
    "runbook-change": "runbooks_write",
    "runbook-review": "runbooks_review",
    "notices": "watching_notices",
    "training": "training_show",
    "training-begin": "training_begin",
    "training-play": "training_answer",
    "preferences": "own_prefer",
    "reviews": "reviews_listed",
    "review": "reviews_show",
    "review-new": "reviews_begin",
    "review-change": "reviews_write",
    "review-share": "reviews_share",
    "review-markdown": "reviews_as_markdown",
    "review-remark": "reviews_remark",
    "review-actions": "reviews_add_action",
    "review-action": "reviews_change_action",
    "review-action-done": "reviews_complete_action",
    "review-action-drop": "reviews_drop_action",
    "problems": "problems_listed",
    "problem": "problems_show",
    "problem-new": "problems_begin",
    "problem-change": "problems_write",
    "problem-fix": "problems_fix",
    "problem-close": "problems_close",
    "problem-reopen": "problems_reopen",
    "problem-incidents": "problems_link",
    "problem-link": "problems_link",
    "problem-unlink": "problems_unlink",
    "problem-actions": "problems_add_action",
    "problem-action": "problems_change_action",
    "problem-action-done": "problems_complete_action",
    "problem-action-drop": "problems_drop_action",
    "drills": "drills_listed",
    "drill": "drills_runs",
    "drill-run": "drills_run",
    "drill-start": "drills_start",
    "drill-end": "drills_end",
    "oncall": "oncall_now",
    "glance": "oncall_now",
    "schedule": "schedules_shifts",
    "override": "schedules_override",
    "override-cancellation": "schedules_cancel",
    "take-it-now": "schedules_take",
    "swap-request": "schedules_swap",
    "swap-acceptance": "schedules_accept",
    "swap-refusal": "schedules_decline",
    "swap-withdrawal": "schedules_withdraw",
    "absences": "own_add_absences",
    "calendar-removal": "own_remove_absences",
    "calendar-reading": "own_read_absences",
    "reach": "reach_show",
    "reach-tests-due": "reach_test_all",
    "reach-ways": "reach_add",
    "reach-verification": "reach_verify",
    "reach-codes": "reach_send_code",
    "reach-tests": "reach_test",
    "reach-removal": "reach_remove",
    "reach-state": "reach_show",
    "reach-rules": "reach_add_rule",
    "reach-rule-removal": "reach_remove_rule",
    "reach-quiet": "reach_set_quiet",
    "reach-account-end": "reach_end_account",
    "readiness": "watching_readiness",
    "test-request": "watching_ask",
}
WHY_NOT = {
    "a shape of a page, of what other operations tell": {
        *("board", "board-unanswered", "wall", "palette", "next-cue", "counts", "live"),
    },
    "several at once: a program asks for each": {"queue-bulk", "queue-undo", "board-move"},
    "proves who somebody is, in the browser or the chat where they are": {
        *("reach-push", "reach-push-confirmation", "reach-account", "service-worker"),
        *("login", "logout", "password_change", "password_change_done", "password_reset", "password_reset_done"),
        *("password_reset_confirm", "password_reset_complete", "account_login"),
        *(
            "signing-in",
            "session-end",
            "sessions-others-end",
            *("mfa_authenticate", "second-step-question", "passkey-sign-in", "passkey-sign-in-question"),
            *("factor-app", "factor-passkeys", "factor-passkey-question", "factor-codes", "factor-removal"),
            *("proof-question", "openid", "openid-back"),
            "account_reauthenticate",
            "signing-in-kept",
            "invitation",
        ),
    },
    "a key that is shown once, on its page, and kept nowhere": {
        *("tokens", "token-revocation", "calendars", "feed-revocation", "feed-user", "feed-schedule", "feed-team"),
    },
    "one picture of a team, to read and to print; each part's own page has its address": {"process"},
    "pictures to read; the numbers behind them come as CSV": {
        *("measures", "measured", "measured-csv", "measured-people-csv"),
    },
    "for good, by an admin who has just proven who they are": {"problem-text-removal"},
    "planned by people, who know when it suits": {"drill-new", "drill-change", "drill-switch"},
    "asked of one person, on My cues, who says there why not": {"review-decline"},
    "a person reads each part of a training case before others may: no program does that for them": {
        *("training-make", "training-case", "training-case-preview", "training-case-words", "training-case-step"),
        *("training-case-step-removal", "training-case-publication", "training-case-withdrawal"),
        "training-case-removal",
    },
    "a page to read a demonstration by": {"mailbox", "letter", "demo-life"},
    "a door of its own, with keys of its own": {
        *("answer-link", "answer-button", "answer-page", "sms-replies", "slack-actions", "mattermost-actions"),
        *("telegram-actions", "readyz", "healthz", "metrics", "favicon"),
        *("status-bare", "status", "status-feed", "status-json"),
    },
}


def operations() -> set[str]:
    paths = api.describe()["paths"]
    return {one["operationId"] for methods in paths.values() for one in methods.values()}


def doors() -> set[str]:
    from incidents.inbound.registry import DOORS

    return {name for door in DOORS for name in door.addresses}


def test_each_address_beside_incidents_has_an_operation_or_says_why_not():
    excused = {name for some in WHY_NOT.values() for name in some}
    ours = {name for name in names() if ":" not in name} - NOUNS - doors()
    assert ours - DONE_BY.keys() - excused == set(), "no operation, and no word why"
    assert (DONE_BY.keys() | excused) - ours == set(), "there is no such address any more"
    assert set(DONE_BY.values()) <= operations()


def test_no_two_shapes_have_one_name():
    """The description knows them by it: one would stand for both."""

    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    ours = [one for one in below(Schema) if one.__module__.startswith("incidents.api.")]
    called = [one.__name__ for one in ours]
    assert sorted(name for name in set(called) if called.count(name) > 1) == []


@pytest.mark.rehearsal("rows")
@pytest.mark.django_db
def test_no_read_asks_the_database_more_than_a_page_does(cast, clock):
    desk = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    desk.tiers.add(cast.tiers["l1"])
    plan(cast).start(by=cast.kim)
    desk.override(by=cast.ada, person=cast.ana, starts_at=clock.now(), ends_at=clock.now().replace(hour=22))
    write(cast, services=[cast.service])
    planner(cast, clock)()
    SavedView.objects.create(name="Worst", asked="severity=1", author=cast.ada)
    incidents(cast, 10)
    reviewed(cast, clock)
    attempts(cast, 10)
    trained(cast.ana)
    program = Program(cast.ada)
    few = {path: cost(program, path) for path in reads()}
    assert max(few.values()) <= MOST + 1, few  # and one for the token
    incidents(cast, 60)
    attempts(cast, 60)
    for one in (cast.ana, cast.jo, cast.mei):
        trained(one)
    for n in range(5):
        more = make_schedule(f"Night {n}", team=cast.teams["Service desk"], people=[cast.jo])
        more.override(by=cast.ada, person=cast.ana, starts_at=clock.now(), ends_at=clock.now().replace(hour=23))
        write(cast, f"Book {n}", services=[cast.service])
        planner(cast, clock)(reason=f"Window {n}")
        SavedView.objects.create(name=f"View {n}", author=cast.ada)
        reviewed(cast, clock)
    many = {path: cost(program, path) for path in few}
    assert {path: (few[path], many[path]) for path in few if many[path] > few[path]} == {}


def reviewed(cast, clock) -> None:
    """One more of each incident's turns, and one more review with actions of two people."""
    incident = Incident.open(title="Mail was late", service=cast.service, by=cast.ana)
    incident.acknowledge(by=cast.ana)
    for review in Review.objects.all():
        review.remark(by=cast.sam, seq=review.actions.count(), text="Nobody knew yet.")
        review.add_action(by=cast.sam, what="Watch it", owner=cast.jo, due=clock.now().date())
    incident.resolve(by=cast.ana, cause="change", text="Rolled back")
    review = Review.begin(incident, by=cast.sam, words=Words(factors=[("change", "A release")]))
    review.add_action(by=cast.sam, what="Alert sooner", owner=cast.mei, due=clock.now().date())
    about = {"title": "Mail is late", "owner": cast.mei, "team": cast.teams["Applications"]}
    problem = Problem.begin(incident, by=cast.sam, **about)
    problem.add_action(by=cast.sam, what="Another road", owner=cast.jo, due=clock.now().date())
    problem.fix(by=cast.sam, at=clock.now())


def trained(person) -> None:
    for key, case in shipped.cases().items():
        play = TrainingPlay.begin_play(by=person, case=key, told=case)
        for step in range(len(case["steps"])):
            play.answer_step(by=person, step=step, said={"now": False}, score=lambda _told, _said: 80)


def reads() -> list[str]:
    about = {
        "play": TrainingPlay.objects.first(),
        "number": Review.objects.earliest("id").incident.number,
        "override": Override.objects.first(),
        "schedule": Schedule.objects.get(name="Desk").pk,
        "window": MaintenanceWindow.objects.first(),
        "runbook": Runbook.objects.first(),
        "problem": Problem.objects.first(),
        "drill": Drill.objects.first(),
        "run": DrillRun.objects.first(),
        "view": SavedView.objects.first(),
    }
    ids = {name: getattr(one, "pk", one) for name, one in about.items()}
    paths = [path.removeprefix("/api/v1") for path, methods in api.describe()["paths"].items() if "get" in methods]
    return [path.format(**ids) for path in paths if not path.startswith("/incidents/") and "{swap}" not in path]


def cost(program: Program, path: str) -> int:
    cache.clear()
    something_happens()
    program.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = program.get(path)
    assert answer.status_code == 200, (path, answer.content)
    return len(queries)
