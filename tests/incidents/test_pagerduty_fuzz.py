"""Anything may be posted to PagerDuty's addresses: an answer of the contract, no crash, no half-made incident."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.inbound import intake, tasks
from tests.incidents.pagerduty_kit import CHANGES, EVENTS, V1, PagerDutySender
from tests.incidents.test_inbound_fuzz import FUZZ, text, values, whole

pytestmark = pytest.mark.django_db

SEVERITY = st.sampled_from(["critical", "error", "warning", "info"])
ACTION = st.sampled_from(["trigger", "acknowledge", "resolve"])
KEYS = st.sampled_from(["a", "b", "A", 7])
facts = st.fixed_dictionaries(
    {"summary": text | values, "source": text | values, "severity": SEVERITY | values},
    optional={
        "timestamp": text | values,
        "component": text | values,
        "group": values,
        "class": values,
        "custom_details": values,
    },
)
around = {
    "client": text | values,
    "client_url": st.just("https://a.example") | values,
    "links": st.lists(st.fixed_dictionaries({"href": text | values}, optional={"text": values})) | values,
    "images": st.lists(st.fixed_dictionaries({"src": text | values}, optional={"alt": values})) | values,
}
events = st.fixed_dictionaries(
    {"event_action": ACTION, "dedup_key": KEYS | text | values, "payload": facts | values}, optional=around
)
older = st.fixed_dictionaries(
    {"event_type": ACTION, "incident_key": KEYS | text | values, "description": text | values},
    optional={**around, "details": values, "contexts": st.lists(values, max_size=4) | values},
)


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize("lenient", [True, False])
def test_whatever_is_posted_gets_an_answer_and_leaves_whole_incidents(cast, clock, lenient):
    sender = PagerDutySender(service_label="svc", lenient=lenient)

    @FUZZ
    @given(
        st.sampled_from([EVENTS, EVENTS, CHANGES, V1]), events | older | values | st.binary(max_size=99), st.booleans()
    )
    def run(address, event, alone):
        if alone:
            intake.pace = intake.Pace()
        if isinstance(event, dict):
            event = {**event, "routing_key": sender.key, "service_key": sender.key}
        answer = sender.post(event if isinstance(event, bytes) else json.dumps(event).encode(), address)
        assert answer.status_code in (200, 202, 400, 413)  # of half a megabyte and more, the last
        assert answer.json()["status"] in ("success", "invalid event", "Unrecognized object")
        tasks.process_waiting()
        whole()

    run()
