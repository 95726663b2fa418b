"""The desk's addresses: nouns, in the order somebody meets them."""

from django.urls import include, path

from . import attempts, bar, boards, cues, incident, live, mailbox, maintenance, notices, opening, preferences, verbs

nouns = [
    path("", incident.page, name="incident"),
    path("record/", incident.record, name="incident-record"),
    path("acknowledgement/", verbs.acknowledgement, name="acknowledgement"),
    path("answer/", verbs.answer, name="answer"),
    path("escalation/", verbs.escalation, name="escalation"),
    path("handover/", verbs.handover, name="handover"),
    path("refusal/", verbs.refusal, name="refusal"),
    path("withdrawal/", verbs.withdrawal, name="withdrawal"),
    path("reassignment/", verbs.reassignment, name="reassignment"),
    path("hold/", verbs.hold, name="hold"),
    path("resumption/", verbs.resumption, name="resumption"),
    path("resolution/", verbs.resolution, name="resolution"),
    path("reopening/", verbs.reopening, name="reopening"),
    path("notes/", verbs.notes, name="notes"),
    path("attempts/", verbs.attempts, name="attempts"),
    path("work/", verbs.work, name="work"),
    path("work/end/", verbs.work_end, name="work-end"),
    path("facts/", verbs.facts, name="facts"),
    path("severity/", verbs.severity, name="severity"),
]

urlpatterns = [
    path("", cues.page, name="cues"),
    path("queue/", boards.queue, name="queue"),
    path("board/", boards.board, name="board"),
    path("board/moves/", boards.move, name="board-move"),
    path("incidents/new/", opening.page, name="incident-new"),
    path("incidents/<int:number>/", include(nouns)),
    path("attempts/", attempts.page, name="tried"),
    path("maintenance/", maintenance.page, name="maintenance"),
    path("maintenance/new/", maintenance.plan, name="maintenance-new"),
    path("maintenance/<int:pk>/", maintenance.change, name="maintenance-change"),
    path("maintenance/<int:pk>/end/", maintenance.end, name="maintenance-end"),
    path("maintenance/<int:pk>/cancellation/", maintenance.cancel, name="maintenance-cancel"),
    path("live/", live.stream, name="live"),
    path("notices/", notices.region, name="notices"),
    path("counts/", bar.counts, name="counts"),
    path("preferences/", preferences.page, name="preferences"),
    path("mailbox/", mailbox.page, name="mailbox"),
    path("mailbox/<int:pk>/", mailbox.letter, name="letter"),
]
