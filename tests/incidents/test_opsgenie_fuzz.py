"""Anything may be sent to the Alert API: no crash, and an answer of its own."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.inbound import intake, tasks
from incidents.inbound.opsgenie import calls, wire
from tests.incidents.opsgenie_kit import Program
from tests.incidents.test_inbound_fuzz import FUZZ, texts, values, whole

pytestmark = pytest.mark.django_db

aliases = st.sampled_from(["a", "a", "a/b", "%", "é🔥", "\0", "7", "b5"]) | st.text(max_size=12)
names = (
    *("message", "alias", "description", "priority", "note", "user", "source", "entity", "endTime", "tags", "details"),
    *("responders", "responder", "team", "owner", "escalation"),
)
plausible = st.fixed_dictionaries(
    {"message": st.sampled_from(["it is down", "it is down", "", "<b>"])},
    optional={
        "alias": aliases,
        "priority": st.sampled_from(["P1", "P5", "p3", "P9"]),
        "tags": st.lists(st.text(max_size=60), max_size=30) | values,
        "details": texts | values,
        "description": st.text(max_size=99),
        "note": st.text(max_size=20),
        "user": st.text(max_size=20),
        "endTime": st.sampled_from(["2026-03-02T12:00:00Z", "2027-01-01T00:00:00+14:00", "x", "9999-12-31T23:59:59Z"]),
    },
)
one = st.fixed_dictionaries({}, optional={"type": values, "name": values, "username": values, "id": values})
odd = st.dictionaries(st.sampled_from(names), values | st.lists(one, max_size=3) | one, max_size=5)
bodies = st.binary(max_size=60) | (plausible | odd | values).map(lambda value: json.dumps(value).encode())
actions = sorted({name for of_method in calls.ACTIONS.values() for name in of_method} | {"actions/x", "explode"})
paths = st.just("") | st.builds(
    lambda alias, action: f"/{quote(alias, safe='')}/{action}", aliases, st.sampled_from(actions)
)
kinds = ("alias", "alias", "alias", "id", "tiny", "x", "alias&tags=a%00,b")
queries = st.just("") | st.sampled_from([f"?identifierType={kind}" for kind in kinds])
lookups = st.builds(lambda alias: f"/{quote(alias, safe='')}", aliases) | st.builds(
    lambda query, limit: f"?query={quote(query)}&limit={quote(limit)}&offset={quote(limit)}",
    st.text(max_size=20) | st.sampled_from(["status:open", "tinyId:9", "alias:a AND status=closed"]),
    st.text(max_size=5) | st.sampled_from(["1", "0", "99999999999", "²"]),
)


@pytest.mark.rehearsal("long")
def test_whatever_is_sent_gets_an_answer_and_leaves_whole_incidents(cast, clock, monkeypatch):
    program = Program(service_label="team")
    monkeypatch.setattr(wire, "PATIENCE", ())

    @FUZZ
    @given(st.sampled_from(["POST", "POST", "PUT", "DELETE"]), paths, queries, bodies, lookups, st.booleans())
    def run(method, path, query, body, lookup, alone):
        if alone:  # else one of many within a second, which are kept first and heard later
            intake.pace = intake.Pace()
        answer = program.ask(method, path + query, body)
        assert answer.status_code in (202, 400, 404, 422)
        assert answer.json().keys() >= {"took", "requestId"}
        tasks.process_waiting()
        whole()
        if answer.status_code == 202:
            assert program.became(answer)["status"]
        assert program.ask("GET", lookup).status_code in (200, 404, 422)

    run()
