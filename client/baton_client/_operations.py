"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from .commands import Operation, Word

OPERATIONS = (
    Operation(
        "attempts",
        "list",
        "What was tried before",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
            Word("service", "service", "query", "number"),
            Word("outcome", "outcome", "query", "text", choices=("helped", "no_effect", "worse")),
        ),
        pages=True,
    ),
    Operation(
        "catalogue",
        "causes",
        "Causes of incidents",
        (),
    ),
    Operation(
        "catalogue",
        "people",
        "People",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
            Word("team", "team", "query", "number"),
        ),
        pages=True,
    ),
    Operation(
        "catalogue",
        "services",
        "Services",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
        ),
        pages=True,
    ),
    Operation(
        "catalogue",
        "severities",
        "What severity comes from",
        (),
    ),
    Operation(
        "catalogue",
        "skills",
        "Skills",
        (),
    ),
    Operation(
        "catalogue",
        "teams",
        "Teams",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
        ),
        pages=True,
    ),
    Operation(
        "catalogue",
        "tiers",
        "Tiers",
        (),
    ),
    Operation(
        "cues",
        "list",
        "My cues",
        (
            Word("limit", "limit", "query", "number"),
        ),
    ),
    Operation(
        "maintenance",
        "cancel",
        "Cancel a window",
        (
            Word("window", "window", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "maintenance",
        "change",
        "Plan a window anew",
        (
            Word("window", "window", "path", "number", required=True),
            Word("reason", "reason", "body", "text", required=True),
            Word("services", "services", "body", "numbers"),
            Word("teams", "teams", "body", "numbers", help="Every service that they have today."),
            Word("everything", "everything", "body", "yes", help="For admins: every service, and incidents that name none."),
            Word("begins", "begins", "body", "text", required=True),
            Word("ends", "ends", "body", "text", required=True),
            Word("zone", "zone", "body", "text", help="Unless it is yours."),
            Word("repeats", "repeats", "body", "text", choices=("", "weekly", "monthly")),
            Word("weekdays", "weekdays", "body", "numbers", help="0 is Monday; none: the day of the first time."),
            Word("last_day", "last_day", "body", "text"),
            Word("public_text", "public_text", "body", "text"),
        ),
        matches=True,
    ),
    Operation(
        "maintenance",
        "end",
        "End a window now",
        (
            Word("window", "window", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "maintenance",
        "list",
        "Maintenance windows",
        (
            Word("over", "over", "query", "yes"),
        ),
    ),
    Operation(
        "maintenance",
        "plan",
        "Plan a window",
        (
            Word("reason", "reason", "body", "text", required=True),
            Word("services", "services", "body", "numbers"),
            Word("teams", "teams", "body", "numbers", help="Every service that they have today."),
            Word("everything", "everything", "body", "yes", help="For admins: every service, and incidents that name none."),
            Word("begins", "begins", "body", "text", required=True),
            Word("ends", "ends", "body", "text", required=True),
            Word("zone", "zone", "body", "text", help="Unless it is yours."),
            Word("repeats", "repeats", "body", "text", choices=("", "weekly", "monthly")),
            Word("weekdays", "weekdays", "body", "numbers", help="0 is Monday; none: the day of the first time."),
            Word("last_day", "last_day", "body", "text"),
            Word("public_text", "public_text", "body", "text"),
        ),
        matches=True,
    ),
    Operation(
        "maintenance",
        "show",
        "One maintenance window",
        (
            Word("window", "window", "path", "number", required=True),
        ),
    ),
    Operation(
        "me",
        "show",
        "Who the token acts for, and what it may",
        (),
    ),
    Operation(
        "oncall",
        "now",
        "Who is on call",
        (
            Word("at", "at", "query", "text"),
            Word("team", "team", "query", "number"),
        ),
    ),
    Operation(
        "own",
        "absences",
        "Calendars that are read for you",
        (),
    ),
    Operation(
        "own",
        "add_absences",
        "Have a calendar read",
        (
            Word("address", "address", "body", "text", required=True),
            Word("schedule", "schedule", "body", "number", help="A schedule of yours, whose holidays it tells; null: your absences."),
        ),
        matches=True,
    ),
    Operation(
        "own",
        "prefer",
        "Change your preferences",
        (
            Word("time_zone", "time_zone", "body", "text"),
            Word("theme", "theme", "body", "text", choices=("system", "light", "dark")),
            Word("keys_on", "keys_on", "body", "yes"),
            Word("presence_on", "presence_on", "body", "yes"),
        ),
        matches=True,
    ),
    Operation(
        "own",
        "preferences",
        "Your preferences",
        (),
    ),
    Operation(
        "own",
        "read_absences",
        "Read a calendar again",
        (
            Word("calendar", "calendar", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "own",
        "remove_absences",
        "Have a calendar read no longer",
        (
            Word("calendar", "calendar", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "add",
        "Add a way to reach you",
        (
            Word("channel", "channel", "body", "text", required=True),
            Word("address", "address", "body", "text", required=True),
            Word("label", "label", "body", "text"),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "add_rule",
        "Add a rule",
        (
            Word("urgency", "urgency", "body", "text", required=True, choices=("loud", "quiet"), help="loud: SEV1 and SEV2; quiet: the others."),
            Word("way", "way", "body", "number", required=True),
            Word("delay_minutes", "delay_minutes", "body", "number"),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "end_account",
        "Unlink a chat account",
        (
            Word("account", "account", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "end_quiet",
        "Have no quiet hours",
        (),
        matches=True,
    ),
    Operation(
        "reach",
        "remove",
        "Remove a way",
        (
            Word("way", "way", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "remove_rule",
        "Remove a rule",
        (
            Word("rule", "rule", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "send_code",
        "Have a new code sent",
        (
            Word("way", "way", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "set_quiet",
        "Set quiet hours",
        (
            Word("begins", "begins", "body", "text", required=True),
            Word("ends", "ends", "body", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "show",
        "How Baton reaches you",
        (),
    ),
    Operation(
        "reach",
        "test",
        "Send yourself a test",
        (
            Word("way", "way", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reach",
        "test_all",
        "Send yourself the tests that are due",
        (),
        matches=True,
    ),
    Operation(
        "reach",
        "verify",
        "Send a way's code back",
        (
            Word("way", "way", "path", "number", required=True),
            Word("code", "code", "body", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "runbooks",
        "list",
        "Runbooks",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
        ),
        pages=True,
    ),
    Operation(
        "runbooks",
        "review",
        "Say that a runbook is still right",
        (
            Word("runbook", "runbook", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "runbooks",
        "show",
        "One runbook",
        (
            Word("runbook", "runbook", "path", "number", required=True),
        ),
    ),
    Operation(
        "runbooks",
        "write",
        "Write a runbook anew",
        (
            Word("runbook", "runbook", "path", "number", required=True),
            Word("body", "body", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "accept",
        "Take the shift",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
            Word("covers", "covers", "body", "number", help="As a supervisor: who takes it, if nobody in particular was asked."),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "cancel",
        "End an override",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("override", "override", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "decline",
        "Decline a swap",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "list",
        "Schedules that you may see",
        (),
    ),
    Operation(
        "schedules",
        "override",
        "Say who covers",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("starts_at", "starts_at", "body", "text", required=True),
            Word("ends_at", "ends_at", "body", "text", required=True),
            Word("person", "person", "body", "number", help="Who is on call then: yourself unless you supervise the team. null, as a supervisor: nobody."),
            Word("reason", "reason", "body", "text"),
            Word("instead", "instead", "body", "number", help="An override that ends with it, so that nobody is called in between."),
            Word("seen", "seen", "body", "text", help="The schedule's “seen”."),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "overrides",
        "Overrides that count",
        (
            Word("schedule", "schedule", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "shifts",
        "Shifts and gaps of a schedule",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("since", "since", "query", "text"),
            Word("until", "until", "query", "text"),
        ),
    ),
    Operation(
        "schedules",
        "show",
        "One schedule",
        (
            Word("schedule", "schedule", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "swap",
        "Ask somebody to take your shift",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("starts_at", "starts_at", "body", "text", required=True),
            Word("ends_at", "ends_at", "body", "text", required=True),
            Word("asked", "asked", "body", "number", help="Whom you ask; null: anybody who can cover."),
            Word("return_starts_at", "return_starts_at", "body", "text"),
            Word("return_ends_at", "return_ends_at", "body", "text"),
            Word("text", "text", "said", "text"),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "swap_show",
        "One swap",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "swaps",
        "Swaps that wait for an answer",
        (
            Word("schedule", "schedule", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "take",
        "Take it now",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("until", "until", "body", "text", help="Unless it is when the shift ends that is under way."),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "withdraw",
        "Keep your shift after all",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "add",
        "Save a view",
        (
            Word("name", "name", "body", "text", required=True),
            Word("asked", "asked", "body", "text"),
            Word("team", "team", "body", "number", help="One of yours, to share it with."),
            Word("first", "first", "body", "yes", help="Your queue begins with it."),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "archive",
        "Archive a view",
        (
            Word("view", "view", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "change",
        "Change a view",
        (
            Word("view", "view", "path", "number", required=True),
            Word("name", "name", "body", "text", required=True),
            Word("asked", "asked", "body", "text"),
            Word("team", "team", "body", "number", help="One of yours, to share it with."),
            Word("first", "first", "body", "yes", help="Your queue begins with it."),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "end_first",
        "Begin my queue with it no longer",
        (
            Word("view", "view", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "list",
        "Saved views",
        (),
    ),
    Operation(
        "views",
        "set_first",
        "Begin my queue with a view",
        (
            Word("view", "view", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "watching",
        "ask",
        "Ask somebody to test",
        (
            Word("who", "who", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "watching",
        "heartbeats",
        "Heartbeats",
        (),
    ),
    Operation(
        "watching",
        "notices",
        "What everybody must know now",
        (),
    ),
    Operation(
        "watching",
        "readiness",
        "What would go wrong with the next call",
        (),
    ),
)
