"""Anything may be posted: no crash, and never a half-made incident."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.inbound import intake, tasks
from incidents.models import AlertKey, Incident, Receipt, Source
from tests.incidents.inbound_kit import FIRES, Sender, an_alert, sample
from tests.parts import examples

pytestmark = pytest.mark.django_db

NASTY = [
    "\0",
    "\ud800",
    "firing",
    "resolved",
    "critical",
    "<b>",
    "0001-01-01T00:00:00Z",
    "2026-03-02T09:00:00Z",
    "x" * 70_000,
]
text = st.text(st.characters(codec=None), max_size=30) | st.sampled_from(NASTY)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text | st.just(10**4000)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)
texts = st.dictionaries(text | st.sampled_from(["alertname", "severity", "instance", "summary"]), text, max_size=5)
alerts = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["firing", "resolved"]) | values,
        "labels": texts | values,
        "annotations": texts | values,
        "startsAt": text | values,
        "endsAt": text | values,
        "generatorURL": text | values,
        "fingerprint": st.sampled_from(["a", "b"]) | values,
    },
)
messages = st.fixed_dictionaries(
    {"alerts": st.lists(alerts | values, max_size=4)},
    optional={
        "status": st.sampled_from(["firing", "resolved"]) | values,
        "groupKey": st.sampled_from(["g", "h"]) | values,
        "groupLabels": texts | values,
        "commonLabels": texts | values,
        "commonAnnotations": texts | values,
        "truncatedAlerts": values,
        "version": values,
        "orgId": values,
        "state": values,
    },
)
plausible = st.builds(
    lambda changes: sample(FIRES, **changes, alerts=[an_alert(labels=changes.get("groupLabels", {}))]),
    st.fixed_dictionaries({}, optional={"groupLabels": texts, "groupKey": text, "status": text}),
)
bodies = st.binary(max_size=200) | (values | messages | plausible).map(lambda value: json.dumps(value).encode())

FUZZ = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def whole() -> None:
    assert not Receipt.objects.exclude(state="processed").exists(), "our own code failed on it"
    for incident in Incident.objects.select_related("trail").prefetch_related("keys", "trail__runs", "trail__entries"):
        assert incident.title
        assert incident.keys.count() >= 1
        assert incident.trail.length == len(incident.trail.entries.all()) >= 1
        assert bool(incident.resolved_at) == all(run.ended_at for run in incident.trail.runs.all())
    assert AlertKey.objects.filter(ended_at=None).count() == Incident.objects.open().count()


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize("grouping", Source.Grouping.values)
def test_whatever_is_posted_gets_an_answer_and_leaves_whole_incidents(cast, clock, grouping):
    sender = Sender(service_label="svc", grouping=grouping)

    @FUZZ
    @given(bodies, st.booleans())
    def run(body, alone):
        if alone:  # else one of many within a second, which are kept first and heard later
            intake.pace = intake.Pace()
        answer = sender.post(body)
        assert answer.status_code in (202, 400)
        assert answer.json()["status"] in ("accepted", "invalid")
        tasks.process_waiting()
        whole()

    run()


@FUZZ
@given(key=st.text(min_size=1, max_size=50), header=st.text(max_size=50), kind=text.filter(lambda t: len(t) < 100))
def test_whatever_the_key_and_headers_the_answer_is_a_refusal(db, key, header, kind):
    client = Client()
    header, kind = (value.encode("utf-8", "replace").decode("latin-1") for value in (header, kind))
    address = "/integrations/alertmanager"
    by_header = client.generic("POST", address, b"{}", content_type=kind, headers={"authorization": header})
    assert by_header.status_code in (401, 403)
    in_path = client.generic("POST", f"{address}/{key.encode('utf-8', 'replace').hex()}", b"{}", content_type=kind)
    assert in_path.status_code == 403
