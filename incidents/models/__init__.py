"""Incidents and everything stated about them, with the verbs that change them.

Floor 6; may import ``escalation``. Every verb is one transaction: it locks the trail's head,
checks that the form it came from is not stale, changes rows, writes entries, timers and
deliveries, and calls nobody. There is no status column: ``Incident.objects`` answers
questions about status from the runs and the timestamps.

An attempt is an entry and a row that is counted and found. How long people worked on an incident is no row at all:
it follows from the entries (``effort``, which needs no database), and is never the number of the work limit.

What may be told of an incident ends with who may see it: counts over incidents, such as how often a runbook's step
worked, are made over those that their reader may see, never over all of them with only the rows left out.

A drill is an incident too, with ``Incident.drill`` on it from its opening on: whatever counts, compares or proposes
begins with ``Incident.objects.real()``.

One circle is left on purpose: an ``Incident`` inherits its verbs from ``opening``, ``working``, ``following``,
``linking``, ``sharing``, ``attachments``, ``redacting``, ``needing``, ``informing``, ``rooms``, ``passing``, ``roles``,
``ending``, ``outside`` and ``undoing`` (all on ``verb``), which name its type: they are its methods, and only their
files are apart.
"""

from .access import Access
from .actions import Action
from .advice import AdviceAnswer, SignSettings
from .attachments import Attachment, AttachmentContent
from .attempts import Attempt
from .audience import Follow, Stakeholder
from .catalogue import Cause, Level, PeopleBand, Service, SeverityCell
from .chat_rooms import ChatPost, ChatRoom
from .doors import Alert, AlertKey, Change, Receipt, Refusal, Source, SourceKey
from .drills import Drill, DrillRun
from .heartbeats import Heartbeat
from .incident import Incident
from .informing import Update
from .linking import Link
from .maintenance import MaintenanceWindow
from .numbering import IncidentNumber
from .origins import Origin
from .presence import Presence
from .problems import Problem, ProblemIncident
from .promising import Promise
from .refused import RefusedMessage
from .replies import Heard
from .review_asks import ReviewAsk
from .reviews import Review, ReviewFactor, ReviewRemark
from .role_plans import RolePlan, RoleSource
from .role_rows import IncidentRole
from .runbooks import Runbook, RunbookStep, Tick
from .search import SearchText
from .status_page import Component, StatusPage
from .summaries import Summary, SummaryShare
from .summary_days import SummaryChange, SummaryDay
from .targets import BusinessHours, Target
from .training import TrainingPlay
from .training_cases import TrainingCase
from .training_goals import TrainingGoal
from .update_templates import UpdateTemplate
from .views import FirstView, SavedView
from .visits import Visit
from .webhooks import Webhook, WebhookMessage, WebhookTry

__all__ = [
    "Access",
    "Action",
    "AdviceAnswer",
    "Alert",
    "AlertKey",
    "Attachment",
    "AttachmentContent",
    "Attempt",
    "BusinessHours",
    "Cause",
    "Change",
    "ChatPost",
    "ChatRoom",
    "Component",
    "Drill",
    "DrillRun",
    "FirstView",
    "Follow",
    "Heard",
    "Heartbeat",
    "Incident",
    "IncidentNumber",
    "IncidentRole",
    "Level",
    "Link",
    "MaintenanceWindow",
    "Origin",
    "PeopleBand",
    "Presence",
    "Problem",
    "ProblemIncident",
    "Promise",
    "Receipt",
    "Refusal",
    "RefusedMessage",
    "Review",
    "ReviewAsk",
    "ReviewFactor",
    "ReviewRemark",
    "RolePlan",
    "RoleSource",
    "Runbook",
    "RunbookStep",
    "SavedView",
    "SearchText",
    "Service",
    "SeverityCell",
    "SignSettings",
    "Source",
    "SourceKey",
    "Stakeholder",
    "StatusPage",
    "Summary",
    "SummaryChange",
    "SummaryDay",
    "SummaryShare",
    "Target",
    "Tick",
    "TrainingCase",
    "TrainingGoal",
    "TrainingPlay",
    "Update",
    "UpdateTemplate",
    "Visit",
    "Webhook",
    "WebhookMessage",
    "WebhookTry",
]
