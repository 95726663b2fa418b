"""Rows of the table in which everybody is only refused: each is named here, with the reason.

Of a page that nobody is let use it cannot be told whether it is guarded or broken. So whoever may do something does it
in the table; what needs more than the scene has is named with the test that does it, and a new row that only refuses
fails until somebody has let it be done, or written here why not.
"""

from pathlib import Path

from .table import FILE

ROOT = FILE.parents[2]
DONE = set("+>=")
# Nobody does these in the admin pages: what has been there stays on record, and is ended, turned off or left.
NO_DELETING = """people/user people/team people/tier people/apitoken trail/entry signin/invitation oncall/schedule
    notify/contactmethod policies/policy policies/installation engine/delivery incidents/heartbeat incidents/receipt
    incidents/refusedmessage incidents/webhook incidents/webhookmessage incidents/chatroom incidents/runbook
    incidents/signsettings incidents/source incidents/statuspage incidents/service incidents/severitycell"""
# Their owners make these, or Baton does; of the others there is one, or one for each cell, and it is there.
NO_ADDING = """people/apitoken trail/entry notify/contactmethod engine/delivery incidents/receipt
    incidents/refusedmessage incidents/webhookmessage policies/installation incidents/statuspage
    incidents/severitycell"""
# What these say has happened, or is somebody's own.
NO_CHANGING = """people/apitoken trail/entry signin/invitation notify/contactmethod engine/delivery incidents/receipt
    incidents/refusedmessage incidents/webhookmessage"""
# These are there for what is posted to them, and that row shows it.
ONLY_POSTED_TO = """/queue/bulk/ /board/moves/ /admin/oncall/schedule/preview/ /admin/oncall/schedule/<pk>/preview/
    /admin/policies/policy/rules/ /admin/policies/policy/<pk>/rules/ /admin/policies/policy/<pk>/what-if/
    /admin/policies/policy/check/ /admin/policies/policy/<pk>/check/ /admin/incidents/runbook/preview/
    /admin/incidents/runbook/<pk>/preview/ /admin/incidents/updatetemplate/preview/
    /admin/incidents/updatetemplate/<pk>/preview/"""
NOWHERE = ("GET", "/admin/<url>"), ("POST", "/admin/<url>")  # what nothing else in the admin pages answers to
SIGNING_IN = "tests/stories/test_signing_in.py::"
SECOND_STEP = "tests/escalation/test_second_step.py::test_an_admin_goes_on_to_where_they_were_going_and_nowhere_else"
PROVIDER = "tests/escalation/test_openid.py::test_people_come_in_by_the_word_of_a_real_provider"
OPSGENIE = "tests/incidents/test_opsgenie_stories.py::"
# Who is let do it where: in a test that has what the scene has not, or where what is done leads to signing in.
ELSEWHERE = {
    ("GET", "/admin/login/"): SECOND_STEP,
    ("POST", "/admin/login/"): SECOND_STEP,
    ("POST", "/logout/"): f"{SIGNING_IN}test_signing_out_twice_is_no_error",
    ("POST", "/invitation/<key>/"): "tests/stories/test_invitations.py::"
    "test_nia_is_invited_by_mail_makes_her_account_and_signs_in",
    ("GET", "/login/openid/"): PROVIDER,
    ("GET", "/login/openid/back/"): PROVIDER,
    ("GET", "/healthz"): "tests/escalation/test_health.py::test_all_is_well",
    # It is found once the alert was heard, which a process does.
    ("GET", "/v2/alerts/<rest>"): f"{OPSGENIE}test_whatever_is_in_an_alias_it_is_found_again",
    ("GET", "/compat/opsgenie/v2/alerts/<rest>"): f"{OPSGENIE}test_whatever_is_in_an_alias_it_is_found_again",
}


def rows() -> dict[tuple[str, str], set[str]]:
    """The letters of each row, whoever asked."""
    lines = [line.split() for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    return {(method, path): {*"".join(cells)} - {"."} for method, path, _things, *cells in lines}


def refused() -> set[tuple[str, str]]:
    """Those that let nobody do anything. By a method that an address does not know nobody is to: ``test_methods``."""
    return {row for row, letters in rows().items() if not letters & DONE and "m" not in letters}


def known() -> set[tuple[str, str]]:
    def admin(models: str, page: str, *methods: str) -> set[tuple[str, str]]:
        return {(method, f"/admin/{model}/{page}") for model in models.split() for method in methods}

    return {
        *admin(NO_DELETING, "<object_id>/delete/", "GET", "POST"),
        *admin(NO_ADDING, "add/", "GET", "POST"),
        *admin(NO_CHANGING, "<object_id>/change/", "POST"),
        *(("GET", path) for path in ONLY_POSTED_TO.split()),
        *NOWHERE,
        *ELSEWHERE,
    }


def test_whatever_lets_nobody_do_anything_is_known():
    assert refused() - known() == set(), "let somebody do it (`ready`, `bodies`), or say here why not"
    assert known() - refused() == set(), "somebody does it in the table by now"


def test_what_is_only_posted_to_is_done_so():
    assert {path for path in ONLY_POSTED_TO.split() if not rows()["POST", path] & DONE} == set()


def test_what_is_done_elsewhere_is_done_in_a_test_that_there_is():
    for node in ELSEWHERE.values():
        file, _, name = node.partition("::")
        assert f"def {name}(" in Path(ROOT, file).read_text(), node
