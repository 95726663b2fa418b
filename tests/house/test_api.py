"""Nothing that a person can do to an incident is missing in the API, and nothing in it is left undescribed."""

import inspect
import re
from functools import cache

import pytest
from ninja.operation import Operation

from incidents.api import described, limits
from incidents.api.v1 import api
from incidents.inbound.registry import DOORS
from incidents.models import Incident
from tests.stateful.test_every_verb import verbs

# By the verb: the operation that calls it.
CALLED = {
    "acknowledge": "acknowledge",
    "answer": "answer",
    "decide": "decide",
    "note": "note",
    "attempt": "attempt",
    "begin_work": "begin_work",
    "stop_work": "stop_work",
    "state": "state",
    "set_severity": "set_severity",
    "state_needs": "state_needs",
    "escalate": "escalate",
    "take_advice": "take_advice",
    "decline_advice": "decline_advice",
    "tell_authority": "tell_authority",
    "hand_over": "hand_over",
    "accept": "accept",
    "decline": "decline",
    "take_back": "take_back",
    "reassign": "reassign",
    "hold": "hold",
    "resume": "resume",
    "resolve": "resolve",
    "reopen": "reopen",
    "undo": "undo",
    "merge_into": "merge",
    "link": "link",
    "unlink": "unlink",
    "restrict": "restrict",
    "lift_restriction": "lift_restriction",
    "let_in": "let_in",
    "attach": "attach",
    "take_file_away": "take_file_away",
    "publish_update": "publish_update",
    "withdraw_update": "withdraw_update",
    "unfollow": "unfollow",
    "tick": "tick",
    "untick": "untick",
    "settle": "settle",
    "take_role": "take_role",
    "pass_role": "pass_role",
    "refuse_role": "refuse_role",
    "leave_role": "leave_role",
    "tell_room": "tell_room",
    "leave_room": "leave_room",
}
_SOURCES = "a source says it, by a door of its own"
NOT_CALLED = {
    "take_text_away": "for good, by an admin who has just proven who they are: the desk, text-removal",
    "end_drill": "whoever planned it ends its run: drills_end",
    "open_many": "a person opens one incident at a time: Incident.open",
    **dict.fromkeys(("hear", "hear_many", "resolve_by_source", "acknowledged_outside", "assigned_outside"), _SOURCES),
    **dict.fromkeys(("escalated_outside", "held_outside", "noted_outside", "unacknowledged_outside"), _SOURCES),
}


@cache
def operations() -> dict[str, Operation]:
    found = {}
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                found[api.get_openapi_operation_id(operation)] = operation
    return found


def test_every_verb_of_an_incident_has_an_address_or_a_reason_why_it_has_none():
    mine = {verb.partition(".")[2] for verb in verbs()}
    mine = {verb for verb in mine if hasattr(Incident, verb)}
    assert mine == CALLED.keys() | NOT_CALLED.keys()
    assert not CALLED.keys() & NOT_CALLED.keys()


@pytest.mark.parametrize("verb", CALLED)
def test_the_operation_calls_the_verb(verb):
    source = inspect.getsource(operations()[f"incidents_{CALLED[verb]}"].view_func)
    assert f"incident.{verb}(" in source


NOT_JUDGED = {
    "something new is made: nobody has seen it": {
        *("incidents_create", "reviews_begin", "problems_begin", "maintenance_plan", "views_add", "schedules_swap"),
        "drills_start",
        *("schedules_override", "schedules_take"),  # the first of them knows “seen”, of the schedule
    },
    "one's own: nobody else changes it": {
        *("own_prefer", "own_add_absences", "own_read_absences", "own_remove_absences"),
        *("reach_add", "reach_verify", "reach_send_code", "reach_test", "reach_test_all", "reach_remove"),
        *("training_begin", "training_answer"),
        *("reach_end_account", "reach_add_rule", "reach_remove_rule", "reach_set_quiet", "reach_end_quiet"),
    },
    "it ends once, and who was faster is said": {"drills_end"},
    "a message to somebody, which changes nothing": {"watching_ask"},
}


def test_what_several_people_change_is_judged_by_what_was_seen_or_says_why_not():
    paths = api.describe()["paths"]
    excused = {name for some in NOT_JUDGED.values() for name in some}
    writes = [(path, one) for path, methods in paths.items() for method, one in methods.items() if method != "get"]
    judged = {one["operationId"] for _path, one in writes if "If-Match" in {it["name"] for it in one["parameters"]}}
    assert {one["operationId"] for _path, one in writes} == judged | excused and not judged & excused
    assert all("get" in paths[f"/api/v1{noun}"] for noun in described.JUDGED), "it has to be read somewhere"


def test_each_operation_has_a_name_of_its_own_and_says_what_it_does():
    described = api.describe()
    all_of_them = [one for methods in described["paths"].values() for one in methods.values()]
    names = [one["operationId"] for one in all_of_them]
    assert len(names) == len(set(names))
    for one in all_of_them:
        assert one["summary"] and one["tags"] and one["security"], one["operationId"]
        assert any(int(status) < 300 for status in one["responses"]), one["operationId"]
        assert {401, 403, 404, 422, 503} <= one["responses"].keys(), one["operationId"]


def test_no_door_beside_the_api_is_held_to_the_apis_bound():
    """GoAlert's addresses begin like the API's: a large group of alerts is no mistake of its sender."""
    addresses = [(door, pattern) for door in DOORS for pattern in door.addresses.values()]
    bounds = [(door.limit, limits.bound(re.sub(r"\(\?P<\w+>.+\)", "1", f"/{pattern}"))) for door, pattern in addresses]
    assert [(limit, bound.most) for limit, bound in bounds if bound is not None and bound.most <= limit] == []
    assert limits.bound("/api/v1/incidents") and limits.bound("/api/v3/incidents")
