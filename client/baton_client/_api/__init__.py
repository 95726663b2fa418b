"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..transport import Transport
from .apart import (
    AcceptIn, ActionIn, ActionsWanted, AnswerIn, As, Attempted, BeginIn, BodyIn, CalendarIn, CodeIn, Escalated, Facts,
    FieldProblem, FixedIn, Held, Judged, Leaving, LetIn, Linked, Merged, MoveIn, Needed, NotNow, Offered, Opened,
    OverrideIn, Paging, Passing, PreferencesIn, ProblemIn, ProblemOut, ProblemWordsIn, Published, QuietIn, Reassigned,
    RecordWanted, RemarkIn, Resolved, ReviewsWanted, RoomIn, RuleIn, Status, SwapIn, TakeIn, Taken, Told, ViewIn,
    Wanted, WayIn, Why, WindowIn, WordsIn,
)
from .attempts import AttemptOut, AttemptsNoun, AttemptsOut, TallyOut
from .catalogue import (
    BandOut, CatalogueNoun, CauseOut, CausesOut, CellOut, PeopleOut, PersonOut, ServiceOut, ServicesOut,
    SeveritiesOut, SkillOut, SkillsOut, TeamsOut, TierOut, TiersOut,
)
from .configuration import ChangeOut, ChangePage, ConfigurationNoun, DifferenceOut
from .cues import ActOut, CueOut, CuesNoun, CuesOut
from .drills import CallWayOut, CalledOut, DrillOut, DrillPage, DrillsNoun, ReportOut, RunOut, RunPage
from .incident_advice import AdviceOut, DeclinedOut, SignOut, TargetOut
from .incident_around import UpdatePage
from .incident_facts import FittingOut, FittingPage, StepOut, TickOut
from .incident_rooms import RoomOut, RoomsOut
from .incident_verbs import BriefIn, Reason
from .incidents import ActorOut, EntryOut, EntryPage, IncidentOut, IncidentPage, IncidentsNoun, Order, Role
from .incidents_shapes import (
    AuthorityOut, Baton, Effect, FileOut, HandsOn, IncidentWholeOut, LinkOut, Rights, RoleOut, Stage, StepAhead,
    StepTo, UpdateOut, Working,
)
from .maintenance import MaintenanceNoun, TimeOut, WindowOut, WindowsOut
from .me import MeNoun, MeOut, MyTeam
from .oncall import OncallNoun, StandingOut, StandingsOut
from .own import CalendarOut, CalendarsOut, OwnNoun, PreferencesOut
from .problems import (
    MeasuredOut, ProblemIncidentOut, ProblemProposalOut, ProblemProposalsOut, ProblemRow, ProblemWhole, ProblemsNoun,
    ProblemsOut, Verdict,
)
from .reach import AccountOut, ChainOut, QuietOut, ReachNoun, ReachOut, RuleOut, WayOut
from .reviews import (
    ActionRow, ActionsOut, FactOut, Factor, FactorIn, FactorOut, MomentOut, RemarkOut, ReviewOut, ReviewRow,
    ReviewedOut, ReviewsNoun, ReviewsOut, SignShownOut,
)
from .runbooks import RunbookOut, RunbookRow, RunbookStepOut, RunbooksNoun, RunbooksOut
from .schedules import (
    LayerOut, OverrideOut, OverridesOut, ScheduleOut, ScheduleRow, SchedulesNoun, SchedulesOut, SeatOut, ShiftOut,
    ShiftsOut, SwapOut, SwapsOut,
)
from .shared import ActionOut, Cause, Grade, Named, Outcome
from .training import (
    CaseRow, DueOut, PlayOut, PlayRow, PlaySignOut, PlayStepOut, PlayTargetOut, TrainedOut, TrainingNoun, TrainingOut,
)
from .views import ViewOut, ViewsNoun, ViewsOut
from .watching import (
    AskedOut, FindingOut, FindingsOut, HeartbeatOut, HeartbeatsOut, NoticeOut, NoticesOut, ReadinessOut, WatchingNoun,
)

__all__ = [
    "AcceptIn", "AccountOut", "ActOut", "ActionIn", "ActionOut", "ActionRow", "ActionsOut", "ActionsWanted",
    "ActorOut", "AdviceOut", "AnswerIn", "As", "AskedOut", "AttemptOut", "Attempted", "AttemptsOut", "AuthorityOut",
    "BandOut", "Baton", "BeginIn", "BodyIn", "BriefIn", "CalendarIn", "CalendarOut", "CalendarsOut", "CallWayOut",
    "CalledOut", "CaseRow", "Cause", "CauseOut", "CausesOut", "CellOut", "ChainOut", "ChangeOut", "ChangePage",
    "Client", "CodeIn", "CueOut", "CuesOut", "DeclinedOut", "DifferenceOut", "DrillOut", "DrillPage", "DueOut",
    "Effect", "EntryOut", "EntryPage", "Escalated", "FactOut", "Factor", "FactorIn", "FactorOut", "Facts",
    "FieldProblem", "FileOut", "FindingOut", "FindingsOut", "FittingOut", "FittingPage", "FixedIn", "Grade",
    "HandsOn", "HeartbeatOut", "HeartbeatsOut", "Held", "IncidentOut", "IncidentPage", "IncidentWholeOut", "Judged",
    "LayerOut", "Leaving", "LetIn", "LinkOut", "Linked", "MeOut", "MeasuredOut", "Merged", "MomentOut", "MoveIn",
    "MyTeam", "Named", "Needed", "NotNow", "NoticeOut", "NoticesOut", "Offered", "Opened", "Order", "Outcome",
    "OverrideIn", "OverrideOut", "OverridesOut", "Paging", "Passing", "PeopleOut", "PersonOut", "PlayOut", "PlayRow",
    "PlaySignOut", "PlayStepOut", "PlayTargetOut", "PreferencesIn", "PreferencesOut", "ProblemIn",
    "ProblemIncidentOut", "ProblemOut", "ProblemProposalOut", "ProblemProposalsOut", "ProblemRow", "ProblemWhole",
    "ProblemWordsIn", "ProblemsOut", "Published", "QuietIn", "QuietOut", "ReachOut", "ReadinessOut", "Reason",
    "Reassigned", "RecordWanted", "RemarkIn", "RemarkOut", "ReportOut", "Resolved", "ReviewOut", "ReviewRow",
    "ReviewedOut", "ReviewsOut", "ReviewsWanted", "Rights", "Role", "RoleOut", "RoomIn", "RoomOut", "RoomsOut",
    "RuleIn", "RuleOut", "RunOut", "RunPage", "RunbookOut", "RunbookRow", "RunbookStepOut", "RunbooksOut",
    "ScheduleOut", "ScheduleRow", "SchedulesOut", "SeatOut", "ServiceOut", "ServicesOut", "SeveritiesOut", "ShiftOut",
    "ShiftsOut", "SignOut", "SignShownOut", "SkillOut", "SkillsOut", "Stage", "StandingOut", "StandingsOut", "Status",
    "StepAhead", "StepOut", "StepTo", "SwapIn", "SwapOut", "SwapsOut", "TakeIn", "Taken", "TallyOut", "TargetOut",
    "TeamsOut", "TickOut", "TierOut", "TiersOut", "TimeOut", "Told", "TrainedOut", "TrainingOut", "UpdateOut",
    "UpdatePage", "Verdict", "ViewIn", "ViewOut", "ViewsOut", "Wanted", "WayIn", "WayOut", "Why", "WindowIn",
    "WindowOut", "WindowsOut", "WordsIn", "Working",
]


class Client:
    """Baton, as one person's token sees it."""

    def __init__(self, url: str, token: str, *, timeout: float = 30.0, tries: int = 4) -> None:
        transport = Transport(url, token, timeout=timeout, tries=tries)
        self.attempts = AttemptsNoun(transport)
        self.catalogue = CatalogueNoun(transport)
        self.configuration = ConfigurationNoun(transport)
        self.cues = CuesNoun(transport)
        self.drills = DrillsNoun(transport)
        self.incidents = IncidentsNoun(transport)
        self.maintenance = MaintenanceNoun(transport)
        self.me = MeNoun(transport)
        self.oncall = OncallNoun(transport)
        self.own = OwnNoun(transport)
        self.problems = ProblemsNoun(transport)
        self.reach = ReachNoun(transport)
        self.reviews = ReviewsNoun(transport)
        self.runbooks = RunbooksNoun(transport)
        self.schedules = SchedulesNoun(transport)
        self.training = TrainingNoun(transport)
        self.views = ViewsNoun(transport)
        self.watching = WatchingNoun(transport)
