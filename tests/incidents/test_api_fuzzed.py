"""Schemathesis plays a program that reads the description and sends whatever that allows, and what it does not: no
answer is a crash, and none is another than described. What no description can say (no JSON, other alphabets, a million
brackets) is in ``tests/corpus/bodies``."""

import re
from functools import cache
from io import BytesIO
from itertools import count

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from incidents.models import Problem, Review, TrainingPlay
from incidents.models.reviews import Words
from incidents.practising import shipped
from tests.api_kit import Program, one_connection
from tests.api_scene import beside
from tests.hostile_kit import kept
from tests.parts import time_is_short
from tests.runbook_kit import write

pytestmark = pytest.mark.django_db

PARTS = 8
CASE = "3-no-access"
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
QUICKLY = settings(
    max_examples=3 if time_is_short() else 6,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@cache
def operations():
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture
def scene(cast, clock, open_incident):
    """Incidents in several states, and what their addresses can name."""
    runbook = write(cast, services=[cast.service])
    called, taken, over = open_incident(), open_incident("Search is slow"), open_incident("Mail is late")
    taken.acknowledge(by=cast.ana)
    taken.attach(by=cast.ana, name="log.txt", body=b"one line")
    taken.publish_update(
        by=cast.ana, epoch=None, stage="identified", text="Soon.", to_stakeholders=True, on_status_page=False
    )
    step = runbook.steps.order_by("number").first()
    taken.tick(by=cast.ana, step=step.pk, worked=False, text="It did not")
    over.acknowledge(by=cast.jo)
    over.resolve(by=cast.jo, cause="change", text="Rolled back")
    review = Review.begin(over, by=cast.ada, words=Words(summary="A release", factors=[("change", "4.18.2")]))
    review.add_action(by=cast.ada, what="Alert sooner", owner=cast.ana, due=clock.now().date())
    about = {"title": "Mail is late", "owner": cast.ana, "team": cast.teams["Service desk"]}
    problem = Problem.begin(over, by=cast.ana, **about)
    problem.add_action(by=cast.ana, what="Another road", owner=cast.jo, due=clock.now().date())
    numbers = [called.number, taken.number, over.number]
    return {
        "number": [*numbers, 999_999],
        "far": [*numbers, 999_999],
        "seq": [1, 4],
        "step": [step.pk],
        "tick": [taken.ticks.get().pk],
        "file": [taken.files.get().pk],
        "update": [1],
        "action": [1],
        "problem": [problem.pk],
        "runbook": [runbook.pk],
        "case": [CASE],
        "play": [TrainingPlay.begin_play(by=cast.ana, case=CASE, told=shipped.cases()[CASE]).pk],
        **beside(cast, clock),
    }


def cases(operation, mode, scene):
    named = [name for name in re.findall(r"{(\w+)}", operation.path) if name in scene]
    places = st.fixed_dictionaries({name: st.sampled_from(scene[name]) for name in named})
    return places.flatmap(lambda place: operation.as_strategy(mode, path_parameters=place or None))


@pytest.mark.rehearsal("fuzz")
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_sent_no_answer_is_a_crash_or_another_than_described(part, cast, scene):
    programs = [Program(person) for person in (cast.ada, cast.ana, cast.otto)]
    if connection.vendor == "postgresql":  # to think of what to send may take longer than a server lets a lock wait
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    with one_connection():
        for operation in operations()[part::PARTS]:
            _play_both(operation, scene, programs)


def _play_both(operation, scene, programs):
    for mode in GenerationMode:
        try:
            _play(cases(operation, mode, scene), programs)
        except schemathesis.errors.SchemathesisError as error:  # there is nothing that it does not allow
            assert mode is GenerationMode.NEGATIVE, error


def _play(found, programs):
    @QUICKLY
    @given(case=found, program=st.sampled_from(programs))
    def play(case, program):
        case.call_and_validate(headers={"Authorization": f"Bearer {program.key}"}, checks=CHECKS)

    play()


EACH = 4  # of the corpus, for each operation others


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("fuzz")
def test_bodies_that_no_description_allows_are_refused(cast, scene):
    program, turn, bodies = Program(cast.ada), count(), kept()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {program.key}"}
    with one_connection():
        described = operations()
    taking = [one for one in described if one.method.upper() in ("POST", "PUT", "PATCH", "DELETE")]
    assert len(taking) > 60
    for operation in taking:
        path = re.sub(r"{(\w+)}", lambda found: str(scene.get(found[1], ["1"])[0]), operation.full_path)
        for _time in range(EACH):
            sent = bodies[next(turn) * 7 % len(bodies)]
            more: dict = {"wsgi.input": BytesIO(sent.body)}  # as long as it is, whatever its length is said to be
            if "Content-Length" in sent.headers:
                more["CONTENT_LENGTH"] = sent.headers["Content-Length"].encode().decode("latin-1")
            answer = program.client.generic(
                operation.method.upper(), path, sent.body, content_type=sent.media, **headers, **more
            )
            assert answer.status_code < 500, f"{operation.label}: {sent.name}"
            assert not answer.content or "json" in answer["Content-Type"], f"{operation.label}: {sent.name}"
