"""The closed lists of words that the path decides in. Pure."""

from enum import StrEnum


class Mode(StrEnum):
    """What a step wants: to hand over the work, to tell, or to get a decision."""

    CALL = "call"
    INFORM = "inform"
    DECIDE = "decide"


class Act(StrEnum):
    """What can be due."""

    CALL = "call"  # take the next step: call its people, the baton moves
    ALSO = "also"  # call a step's people although somebody is working; the baton stays
    AWAIT = "await"  # nobody is there, and the step waits for the next shift
    RETURN = "return"  # an offer was not answered, or could not be delivered: back to the giver
    WAKE = "wake"  # a hold has ended
    SPEAK = "speak"  # maintenance has ended
    EXHAUST = "exhaust"  # nobody is left to call
    FINISH = "finish"  # everybody who must know was told
    ADVISE = "advise"  # a rule advises to escalate: nobody is called
    TELL = "tell"  # a rule informs people: nobody is asked for an answer


class Why(StrEnum):
    """The cause of an act, for the record."""

    OPENED = "opened"
    REOPENED = "reopened"
    BEGINS = "begins"  # its policy has waited, and nobody has taken it
    NOT_ACKNOWLEDGED = "not_acknowledged"
    WORK_LIMIT = "work_limit"
    SEVERITY = "severity"
    OPEN_SO_LONG = "open_so_long"
    TOLD_BEFORE = "told_before"
    ALWAYS_CALL = "always_call"
    OFFER_UNANSWERED = "offer_unanswered"
    HOLD_ENDED = "hold_ended"
    MAINTENANCE_ENDED = "maintenance_ended"
    BY_HAND = "by_hand"
    NEXT_SHIFT = "next_shift"
    UNREACHABLE = "unreachable"
    RULE = "rule"


class Idle(StrEnum):
    """The closed list of reasons why a running track needs no timer."""

    WAITS_FOR_SEVERITY = "waits_for_severity"
    NO_WORK_LIMIT = "no_work_limit"
    ANSWERED = "answered"
    EXHAUSTED = "exhausted"
    TOLD = "told"
    STEP_FAILED = "step_failed"  # its timer is dead
