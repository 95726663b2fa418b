"""The words that entries of the record are told in, by what was recorded; and the tone in which each is shown."""

from django.utils.translation import gettext_lazy

WHY = {
    "opened": gettext_lazy("it was just opened"),
    "reopened": gettext_lazy("it was re-opened"),
    "begins": gettext_lazy("nobody had taken it in the time its policy waits"),
    "not_acknowledged": gettext_lazy("nobody acknowledged in time"),
    "work_limit": gettext_lazy("the time to work on it was over"),
    "severity": gettext_lazy("the severity is high enough"),
    "open_so_long": gettext_lazy("it has been open for so long"),
    "told_before": gettext_lazy("the step before was told"),
    "unreachable": gettext_lazy("nobody could be reached"),
    "always_call": gettext_lazy("this step is called even when somebody is working on it"),
    "offer_unanswered": gettext_lazy("the offer was not answered"),
    "hold_ended": gettext_lazy("the hold has ended"),
    "by_hand": gettext_lazy("somebody decided so"),
    "next_shift": gettext_lazy("the shift it waited for has begun"),
    "put_back": gettext_lazy("it goes on from an older copy of the database"),
    "rule": gettext_lazy("the rule “%(rule)s” says so"),
}
BECAUSE = {
    "override": gettext_lazy("set by hand"),
    "table": gettext_lazy("from impact and urgency"),
    "people": gettext_lazy("by the number of people affected"),
    "source": gettext_lazy("reported by the source"),
    "plan": gettext_lazy("by the drill's plan"),
}
REPAIRS = {
    "rearmed": gettext_lazy("the next look at it was lost or wrong, and was set again"),
    "silenced": gettext_lazy("what was still waiting after the end was cancelled"),
    "requeued": gettext_lazy("messages that had come to a halt were put back into the queue"),
    "promised": gettext_lazy("what is to be said of its promises was lost, and was set again"),
    "roles": gettext_lazy("nobody was looking who is on call for its roles, and somebody does again"),
    "begun": gettext_lazy("nobody was being called, and the path was begun anew"),
}
WISHES = {
    "acknowledged": gettext_lazy("acknowledged it"),
    "held": gettext_lazy("put it on hold"),
    "escalated": gettext_lazy("escalated it"),
    "assigned": gettext_lazy("assigned it"),
}
WHY_NOT = {
    "no_time": gettext_lazy("nobody here has answered, and this step has no time of its own to work"),
    "wake_time": gettext_lazy("the time to wake up has passed, or is too far off"),
    "on_hold": gettext_lazy("it is on hold"),
    "end_of_path": gettext_lazy("it is at the end of the path"),
    "nobody_there": gettext_lazy("nobody is there on any later step"),
    "not_here": gettext_lazy("nobody of that address may work on it"),
    "taken": gettext_lazy("somebody here has it"),
}
TONES = {
    "opened": "",
    "called": "esc",
    "also_called": "esc",
    "reassigned": "esc",
    "offered": "esc",
    "accepted": "ok",
    "acknowledged": "ok",
    "resolved": "ok",
    "exhausted": "bad",
    "rule_acted": "esc",
    "step_failed": "bad",
    "put_back": "bad",
    "repaired": "bad",
    "promise_risk": "esc",
    "promise_broken": "bad",
    "role_filled": "esc",
    "role_open": "bad",
    "role_offered": "esc",
    "role_taken": "ok",
    "note": "note",
    "outside_note": "note",
    "update_published": "note",
    "facts": "note",
    "runbook_settled": "note",
}
