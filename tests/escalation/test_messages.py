"""Every kind of message says why, until when, what happens otherwise, and where to go."""

from datetime import UTC, datetime

import pytest

from escalation.notify import message, sms_parts
from escalation.notify.bundle import compose_all
from escalation.notify.message import SHORT, SUBJECT, Recipient, compose
from escalation.notify.voice import Voice

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANA = Recipient(7, "Ana Ruiz", "ana@example.com", "Europe/Berlin")
BRIEF = {"ref": "INC-1042", "title": "Card payments fail", "link": "/incidents/1042/", "severity": 2}
UNTIL = "2026-03-02T09:35:00+00:00"  # 10:35 in Berlin

KINDS = [
    (
        {"kind": "call", "tier": "L2 Applications", "from": "L1 Service desk", "why": "not_acknowledged", "by": None,
         "reason": "", "text": "", "until": UNTIL, "then": "L3 Platform"},
        ["acknowledge by 10:35 CET"],
        ["L1 Service desk did not acknowledge in time", "10:35 CET (Europe/Berlin) on Monday, 2 March",
         "L3 Platform is called next", "for L2 Applications"],
    ),
    (
        {"kind": "call", "tier": "L1", "from": None, "why": "opened", "until": UNTIL, "then": None},
        ["acknowledge by 10:35 CET"],
        ["it was just opened", "the last-resort contact is called"],
    ),
    (
        {"kind": "call", "tier": "Duty manager", "why": "severity", "until": UNTIL, "then": None, "mode": "decide"},
        ["decide by 10:35 CET"],
        ["it is SEV2", "A decision is needed"],
    ),
    (
        {"kind": "call", "tier": "L2", "why": "by_hand", "by": "Jo Okafor", "reason": "missing_access",
         "text": "No rights on the gateway.\nTried twice.", "until": UNTIL, "then": "L3"},
        ["acknowledge by"],
        ["Jo Okafor escalated it", "Reason: missing access.", "> No rights on the gateway.\n> Tried twice."],
    ),
    (
        {"kind": "inform", "tier": "Managers", "why": "severity", "until": UNTIL, "then": "Directors"},
        ["for your information"],
        ["You need not answer", "Directors is told too", "10:35 CET"],
    ),
    ({"kind": "inform", "tier": "Managers", "why": "told_before"}, ["information"], ["You need not answer"]),
    (
        {"kind": "also", "tier": "L2", "why": "always_call", "by": None, "holder": {"id": 3, "name": "Jo Okafor"}},
        ["you are called as well"],
        ["Jo Okafor is working on it and keeps it", "even when somebody is working", "If you do nothing"],
    ),
    (
        {"kind": "offer", "from": "Jo Okafor", "text": "Yours, I think", "until": UNTIL, "then": "Jo Okafor"},
        ["Jo Okafor hands it to you, accept by 10:35 CET"],
        ["accept or decline by 10:35 CET", "Jo Okafor keeps it", "> Yours, I think"],
    ),
    ({"kind": "returned", "from": "Mei Tanaka"}, ["still yours, Mei Tanaka did not answer"], ["If you do nothing"]),
    (
        {"kind": "merged", "from": "INC-1043", "by": "Mei Tanaka", "text": "Same gateway"},
        ["INC-1043 was merged into it"],
        ["Mei Tanaka merged INC-1043 into INC-1042", "> Same gateway", "If you do nothing"],
    ),
    (
        {"kind": "mentioned", "by": "Mei Tanaka", "text": "Is this yours, @Ana Ruiz?"},
        ["Mei Tanaka wants you to read it"],
        ["You may see this incident", "> Is this yours, @Ana Ruiz?", "You need not answer", "If you do nothing"],
    ),
    (
        {"kind": "update", "by": "Mei Tanaka", "stage": "identified", "service": "Payments",
         "text": "Cards are refused.\nCash works."},
        ["the cause is known"],
        ["Update on Payments, by Mei Tanaka: the cause is known. You need not do anything.\n\n> Cards are refused."],
    ),
    ({"kind": "update", "stage": "resolved", "text": "It works."}, ["it is over"], ["Update: it is over.", "> It"]),
    ({"kind": "update", "stage": "unheard of", "text": "x"}, ["an update"], ["Update: how it stands"]),
    ({"kind": "accepted", "by": "Mei Tanaka"}, ["Mei Tanaka has taken over"], ["Nothing is left for you"]),
    (
        {"kind": "declined", "by": "Mei Tanaka", "text": "Not ours", "until": UNTIL, "then": "L2"},
        ["still yours, Mei Tanaka declined"],
        ["> Not ours", "L2 is called next at 10:35 CET"],
    ),
    ({"kind": "withdrawn", "from": "Jo Okafor"}, ["Jo Okafor took the offer back"], ["Nothing is left for you"]),
    (
        {"kind": "assigned", "by": "Sam Reyes", "text": "", "tier": "L2", "until": UNTIL},
        ["Sam Reyes gave it to you"],
        ["you need not accept it", "keeps the time it had left, until 10:35 CET", "goes on along"],
    ),
    (
        {"kind": "assigned", "by": "Sam Reyes", "text": "", "tier": "L2", "until": UNTIL, "acknowledge": True,
         "then": "L3"},
        ["acknowledge by 10:35 CET"],
        ["Please acknowledge by 10:35 CET", "L3 is called next"],
    ),
    ({"kind": "moved", "to": "L2", "why": "work_limit", "from": "L1"}, ["no longer yours, now L2"], ["is with L2 now"]),
    ({"kind": "moved", "to": "Mei Tanaka", "by": "Sam Reyes"}, ["now Mei Tanaka"], ["Sam Reyes moved it"]),
    ({"kind": "woken", "why": "hold_ended", "until": UNTIL}, ["the hold is over"], ["told because", "10:35 CET"]),
    ({"kind": "woken", "why": "by_hand", "until": None}, ["the hold is over"], ["No clock is running"]),
    (
        {"kind": "woken", "why": "hold_ended", "until": UNTIL, "late_s": 7200, "clock_jumped_s": 3600},
        ["the hold is over"],
        ["This comes 2 h late: the clock jumped by 1 h."],
    ),
    (
        {"kind": "maintenance_over", "why": "maintenance_ended", "until": UNTIL, "then": "L2", "acknowledge": True},
        ["the maintenance has ended and it is still open, on until 10:35 CET"],
        ["still open", "Nobody has acknowledged it", "time until 10:35 CET", "L2 is called next"],
    ),
    (
        {"kind": "maintenance_over", "why": "maintenance_ended", "until": None, "acknowledge": False},
        ["the maintenance has ended and it is still open"],
        ["No clock is running"],
    ),
    (
        {"kind": "put_back", "copy_at": "2026-03-01T08:00:00+00:00", "until": UNTIL, "then": "L2", "acknowledge": True},
        ["goes on from an older copy, acknowledge by 10:35 CET"],
        ["from an older copy, of 09:00 CET (Europe/Berlin) on Sunday, 1 March", "acknowledge by", "L2 is called"],
    ),
    (
        {"kind": "put_back", "copy_at": "2026-03-01T08:00:00+00:00", "until": None, "then": None, "acknowledge": False},
        ["goes on from an older copy"],
        ["Please check that what is on record is still true"],
    ),
    ({"kind": "last_resort", "why": "not_acknowledged"}, ["NOBODY ELSE IS CALLED"], ["last-resort", "nothing more"]),
    ({"kind": "last_resort", "why": "step_failed"}, ["NOBODY ELSE IS CALLED"], ["could not be carried out"]),
]  # fmt: skip


def made(facts: dict, **brief) -> message.Message:
    return compose({**BRIEF, **brief, **facts}, to=ANA, at=AT)


@pytest.mark.parametrize(("facts", "subject", "full"), KINDS, ids=lambda value: str(value)[:40])
def test_every_kind_explains_itself_in_three_lengths(facts, subject, full, settings, caplog):
    settings.ADDRESS = "https://baton.example.com"
    said = made(facts)
    link = "https://baton.example.com/incidents/1042/"
    assert all(part in said.subject for part in subject), said.subject
    always = ["SEV2 INC-1042", "Card payments fail", link, "Ana Ruiz"]
    assert all(part in said.full for part in [*full, *always]), said.full
    assert said.short.startswith("SEV2 INC-1042 Card payments fail. ")
    assert said.short.endswith(f" {link}")
    assert len(said.subject) <= SUBJECT
    assert len(said.short) <= SHORT
    assert "None" not in said.full + said.subject + said.short
    assert "{" not in said.full + said.subject + said.short
    assert ", ." not in said.full
    assert "  " not in said.full
    assert not caplog.records  # no template failed


@pytest.mark.parametrize("kind", sorted({facts["kind"] for facts, *_ in KINDS}))
def test_a_message_with_no_facts_but_its_kind_still_reads(kind, caplog):
    said = compose({"kind": kind}, to=ANA, at=AT)
    assert said.subject
    assert "http" in said.full
    assert not caplog.records


@pytest.mark.parametrize(("facts", "subject", "full"), KINDS, ids=lambda value: str(value)[:40])
def test_a_long_title_gives_way_and_the_deadline_and_the_link_stay(facts, subject, full, settings):
    settings.ADDRESS = "https://baton.example.com"
    said = made(facts, title="Ünlesbar " * 100)
    assert len(said.subject) <= SUBJECT
    assert len(said.short) <= SHORT
    assert said.short.endswith("https://baton.example.com/incidents/1042/")
    assert all(part in said.subject for part in subject)


@pytest.mark.parametrize(
    "evil",
    ["a\r\nBcc: x@example.com", "a\u2028b", "a\x0bb", "a\x85b", "\x00", "\ud800", "{{ link }}{% now 'Y' %}", "<b>&"],
)
def test_no_value_breaks_a_line_or_becomes_template(evil):
    said = made(KINDS[3][0] | {"tier": evil, "by": evil, "then": evil, "text": evil}, title=evil)
    for line in (said.subject, said.short):
        assert line == " ".join(line.split())
        assert line.isprintable()
        line.encode()
    said.full.encode()
    assert "&lt;" not in said.full
    assert "{{ link }}" not in evil or "{{ link }}" in said.full


def test_what_somebody_wrote_is_marked_on_every_line():
    said = made({"kind": "offer", "from": "Jo", "text": "fine\n\n--\nBaton wrote this"})
    assert "> fine\n>\n> --\n> Baton wrote this\n" in said.full


@pytest.mark.parametrize(
    ("zone", "until", "said"),
    [
        ("UTC", "2026-03-02T09:35:00+00:00", "09:35 UTC"),
        ("America/New_York", "2026-03-02T09:35:00Z", "04:35 EST"),
        ("Asia/Dubai", "2026-03-02T09:35:00", "13:35 +04"),
        ("Europe/Berlin", "2026-03-03T09:35:00+00:00", "Tue 10:35 CET"),
        ("Pacific/Auckland", "2026-03-02T11:30:00+00:00", "Tue 00:30 NZDT"),
        ("Europe/Berlin", "2026-03-29T00:30:00+00:00", "29 Mar 01:30 CET"),
        ("Europe/Berlin", "2026-03-29T01:30:00+00:00", "29 Mar 03:30 CEST"),
        ("Mars/Base", "2026-03-02T09:35:00+00:00", "09:35 UTC"),
        ("../etc", "2026-03-02T09:35:00+00:00", "09:35 UTC"),
    ],
)
def test_times_are_on_the_receivers_own_clock_with_its_name(zone, until, said):
    to = Recipient(1, "Ana", "ana@example.com", zone)
    assert f"by {said} –" in compose({**BRIEF, "kind": "call", "until": until}, to=to, at=AT).subject


@pytest.mark.parametrize(
    "facts",
    [{}, {"kind": "no_such_kind"}, {"kind": "../../registration/login"}, {"kind": None},
     {"kind": "call", "until": "soon"},
     {"kind": "call", "why": ["?"], "tier": {"id": 3}, "text": 5, "link": None, "title": None}, None, [], "text"],
)  # fmt: skip
def test_whatever_the_facts_are_a_message_comes_out(facts):
    said = compose(facts, to=ANA, at=AT)
    assert said.subject.strip()
    assert said.short
    assert "http" in said.full


def test_a_broken_template_is_replaced_by_plain_words(monkeypatch):
    def fails(self, name):
        raise RuntimeError("broken")

    monkeypatch.setattr(message.Engine, "get_template", fails)
    said = made(KINDS[0][0])
    assert said.subject == "SEV2 INC-1042 Card payments fail (until 10:35 CET)"
    assert said.full.endswith("Why: L1 Service desk did not acknowledge in time.\n\n" + said.link + "\n")


# --- why you, why now, what happens otherwise, until when ---------------------------------------------

UNREACHED = {"unreached": "the mail server refused the address (550)"}
WHOLE = {
    "call": (
        {"tier": "L2 Applications", "why": "not_acknowledged", "from": "L1 Service desk", "until": UNTIL, "then": "L3"},
        ["for L2 Applications", "L1 Service desk did not acknowledge in time", "L3 is called", "10:35 CET"],
        [],
    ),
    "call because nobody was reached": (
        {"tier": "L2", "why": "not_acknowledged", "from": "L1", "until": UNTIL, "then": None, **UNREACHED},
        ["for L2", "nobody at L1 could be reached: the mail server refused the address (550)", "10:35 CET"],
        ["or the last resort is called", "the last-resort contact is called"],
    ),
    "call for a decision": (
        {"tier": "Duty manager", "why": "severity", "until": UNTIL, "then": "Directors", "mode": "decide"},
        ["for Duty manager", "it is SEV2", "Directors is called", "10:35 CET"],
        [],
    ),
    "offer": (
        {"from": "Jo Okafor", "until": UNTIL, "then": "Jo Okafor"},
        ["Jo Okafor hands", "10:35 CET"],
        ["it stays with Jo Okafor", "Until you accept, Jo Okafor keeps it"],
    ),
    "assigned": (
        {"by": "Sam Reyes", "tier": "L2", "until": UNTIL, "then": "L3", "acknowledge": True},
        ["Sam Reyes gave", "to you (L2)", "L3 is called", "10:35 CET"],
        [],
    ),
    "woken": (
        {"why": "hold_ended", "until": UNTIL, "then": "L3"},
        ["ou hold it or are called for it", "L3 is called", "10:35 CET"],
        ["The hold is over", "The hold of this incident is over"],
    ),
    "woken without a clock": (
        {"why": "by_hand", "until": None},
        ["ou hold it or are called for it"],
        ["it stays as it is", "it stays where it is"],
    ),
    "maintenance_over": (
        {"why": "maintenance_ended", "until": UNTIL, "then": "L2", "acknowledge": True, "service": "Payments"},
        ["ou hold it, are called for it or must know", "L2 is called", "10:35 CET"],
        ["Still open after maintenance", "The maintenance of Payments has ended"],
    ),
    "last_resort": (
        {"why": "not_acknowledged", "from": "Duty manager"},
        ["last", "Duty manager did not acknowledge in time", "act now"],
        ["nobody else is called", "nothing more happens by itself"],
    ),
    "put_back": (
        {"copy_at": UNTIL, "until": UNTIL, "then": "L2", "acknowledge": True},
        ["ou hold it or are called for it", "L2 is called", "10:35 CET"],
        ["from a copy", "from an older copy"],
    ),
    "put_back to who has it": (
        {"copy_at": UNTIL, "until": UNTIL, "then": "L2", "acknowledge": False},
        ["ou hold it or are called for it", "L2 is called", "lease check", "10:35 CET"],
        [],
    ),
}


def test_all_kinds_that_ask_are_looked_at():
    assert {name.split()[0] for name in WHOLE} == set(message.ASKING)


@pytest.mark.parametrize("name", WHOLE)
def test_what_asks_says_why_you_why_now_what_otherwise_and_until_when(name):
    """In the short form, on the telephone, and in the long one; ``each``: in the words of the short and of the long."""
    facts, both, each = WHOLE[name]
    said = made({"kind": name.split()[0], **facts})
    spoken = Voice().said(said)
    for part in both:
        assert part in said.short and part in said.full, (part, said.short, said.full)
        assert part.replace("SEV", "Severity ") in spoken, (part, spoken)
    if each:
        assert each[0] in said.short and each[0] in spoken and each[1] in said.full, (said.short, said.full)


LONG = "Applications for the whole of the northern hemisphere, second hall"


@pytest.mark.parametrize(
    "title", ["Card payments fail " * 20, "[FIRING:1] {job=~x} " * 20, "Оплата картой не работает " * 9]
)
@pytest.mark.parametrize("name", WHOLE)
def test_a_text_message_keeps_its_length_as_telephones_count_it(name, title, settings):
    """The deadline, what happens otherwise and the link are there however long the names are."""
    settings.ADDRESS = "https://baton.example.com"
    facts, _both, _each = WHOLE[name]
    names = {who: LONG for who in ("tier", "from", "by", "then") if facts.get(who)}
    said = made(
        {"kind": name.split()[0], **facts, **names, "unreached": LONG * 3 if "unreached" in facts else ""}, title=title
    )
    assert sms_parts.over(said.short) <= 0
    assert said.short.startswith("SEV2 INC-1042 ") and said.short.endswith(f" {said.link}")
    if facts.get("until"):
        assert "10:35 CET" in said.short and (not facts.get("then") or "Applications for" in said.short)


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("a" * 306, 0),
        ("a" * 307, 1),
        ("[" * 153, 0),  # each counts twice
        ("ü" * 306, 0),
        ("я" * 268, 0),
        ("я" * 269, 1),
        ("😀" * 135, 2),
        ("a" * 300 + "…", 33),
    ],
)
def test_how_telephones_count(text, over):
    assert sms_parts.over(text) == over


def test_a_mark_that_something_was_cut_makes_no_text_wide():
    assert sms_parts.plainer("Card paym…") == "Card paym..." and sms_parts.plainer("Оплата…") == "Оплата…"


# --- swaps: of no incident --------------------------------------------------------------------------

SWAPS = [
    (
        {
            "kind": "swap_asked",
            "from": "Jo Okafor",
            "shift": "Fri 6 Mar 18:00 – 23:00 CET",
            "until": UNTIL,
            "back": "Sat 7 Mar 09:00 – 17:00 CET",
            "text": "A concert",
        },
        ["Jo Okafor asks you to take a shift: Fri 6 Mar 18:00 – 23:00 CET"],
        ["because you are on this schedule", "by 10:35 CET", "it stays with Jo Okafor", "> A concert", "Sat 7 Mar"],
    ),
    (
        {"kind": "swap_accepted", "to": "Mei Tanaka", "from": "Jo Okafor", "by": "Sam Reyes", "shift": "Fri 18:00"},
        ["Mei Tanaka takes the shift Fri 18:00"],
        ["instead of Jo Okafor", "Sam Reyes decided it", "Nothing is left"],
    ),
    ({"kind": "swap_declined", "by": "Mei Tanaka"}, ["stays yours: Mei Tanaka declined"], ["If you do nothing"]),
    (
        {"kind": "cover_ended", "by": "Sam Reyes", "from": "Jo Okafor", "shift": "Fri 18:00", "more": 2},
        ["You are on call Fri 18:00 and 2 more: the cover was cancelled"],
        ["Jo Okafor covered this time, and Sam Reyes has cancelled it", "at 2 more times", "If you do nothing"],
    ),
    (
        {"kind": "cover_ended", "by": "Sam Reyes", "from": None, "shift": "Fri 6 Mar 18:00 – 23:00 CET", "more": ""},
        ["You are on call Fri 6 Mar 18:00 – 23:00 CET: the cover was cancelled"],
        ["It was settled that nobody is on call at this time", "You are on call then, as the calendar shows.\n"],
    ),
    (
        {"kind": "duty_on", "by": "Sam Reyes", "from": "Jo Okafor", "why_so": "override", "shift": "Fri 18:00"},
        ["You are on call Fri 18:00"],
        ["instead of Jo Okafor: Sam Reyes put you there.", "If you do nothing, you are called"],
    ),
    (
        {"kind": "duty_on", "by": "Ada Lund", "from": "", "why_so": "rotation", "shift": "Fri 18:00", "more": 2,
         "free": "Sat 18:00", "free_more": 1},
        ["You are on call Fri 18:00 and 2 more"],
        ["at 2 more times, when nobody was: Ada Lund changed the schedule", "no longer on call Sat 18:00 and 1 more."],
    ),
    (
        {"kind": "duty_off", "by": None, "from": "Jo Okafor", "why_so": "holidays", "shift": "Fri 18:00", "more": 1},
        ["You are no longer on call Fri 18:00 and 1 more"],
        ["Jo Okafor is on call at this time instead of you, and at 1 more time it is not you either: its holidays",
         "Nothing is left"],
    ),
    (
        {"kind": "duty_off", "by": "Sam Reyes", "from": "", "why_so": "cancelled", "shift": "Fri 18:00"},
        ["You are no longer on call Fri 18:00"],
        ["Nobody is on call at this time instead of you: Sam Reyes cancelled your cover."],
    ),
    (
        {"kind": "swap_waiting", "to": None, "shift": "Fri 18:00", "until": UNTIL},
        ["Nobody has answered yet: you are on call Fri 18:00"],
        ["everybody who could", "nobody has taken it yet", "If nobody accepts by 10:35 CET"],
    ),
    (
        {"kind": "swap_unanswered", "to": "Mei Tanaka", "shift": "Fri 18:00"},
        ["Nobody took the shift: you are on call Fri 18:00"],
        ["You asked Mei Tanaka", "there was no answer", "It has begun"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "subject", "full"), SWAPS)
def test_a_swap_explains_itself_without_an_incident(facts, subject, full, settings, caplog):
    said = compose({"title": "Service desk", "link": "/oncall/3/", **facts}, to=ANA, at=AT)
    assert not caplog.records
    assert len(said.subject) <= SUBJECT and len(said.short) <= SHORT + len(settings.ADDRESS) + 20
    assert all(part in said.subject for part in [*subject, "Service desk"]), said.subject
    assert all(part in said.full for part in [*full, "Service desk", f"{settings.ADDRESS}/oncall/3/", "Ana Ruiz"]), (
        said.full
    )
    assert "SEV" not in said.full and "INC-" not in said.full


@pytest.mark.parametrize("kind", sorted({facts["kind"] for facts, *_ in SWAPS}))
def test_a_swap_with_no_facts_but_its_kind_still_reads(kind, caplog):
    said = compose({"kind": kind}, to=ANA, at=AT)
    assert not caplog.records
    for text in (said.subject, said.short, said.full):
        assert "None" not in text and "  " not in text.strip() and "()" not in text


def test_several_of_no_incident_in_one_message_name_the_first_of_them(settings):
    brief = {"title": "Service desk", "link": "/oncall/3/"}
    said = compose_all([{**brief, **facts} for facts, *_ in SWAPS[1:3]], to=ANA, at=AT)
    assert "The first: Mei Tanaka takes the shift Fri 18:00" in said.short
    assert "the first: Mei Tanaka takes the shift Fri 18:00" in said.subject
    assert "orst" not in said.short + said.subject
    assert len(said.subject) <= SUBJECT and len(said.short) <= SHORT + len(settings.ADDRESS) + 20


WAYS = [  # how the first that asks can be answered → what the short form of several ends in
    ({"answer": "/a/key"}, " INC-1: {address}/a/key"),
    ({"answer": "/a/key", "reply": 47}, " Reply 47 ACK for INC-1, HELP for all. INC-1: {address}/a/key"),
    ({"page": "/a/on/key"}, " {address}/"),
    ({}, " {address}/"),
]


@pytest.mark.parametrize(("ways", "end"), WAYS)
def test_several_in_one_end_in_how_to_answer_the_first_that_asks(settings, ways, end):
    informs = {**BRIEF, "ref": "INC-0", "severity": 1, "kind": "inform", "text": "It spreads."}
    calls = [{**BRIEF, **KINDS[0][0], "ref": f"INC-{n}", "title": "Card payments fail " * 9} for n in (1, 2)]
    said = compose_all([informs, {**calls[0], **ways}, calls[1]], to=ANA, at=AT)
    assert said.short.endswith(end.format(address=settings.ADDRESS))
    assert len(said.short) <= SHORT + len(settings.ADDRESS)
    assert (said.answer, said.press) == ("", ""), "no button answers several"


def test_several_in_a_channel_have_a_link_each_for_who_is_signed_in(settings):
    calls = [{**BRIEF, **KINDS[0][0], "ref": f"INC-{n}", "page": f"/a/on/key{n}"} for n in (1, 2)]
    full = compose_all(calls, to=ANA, at=AT).full
    assert [line.strip() for line in full.splitlines() if "/a/on/" in line] == [
        f"Answer, signed in: {settings.ADDRESS}/a/on/key{n}" for n in (1, 2)
    ]


HELD_UP, JUMPED = "nothing was running, or it was held up.", "the clock jumped by 1 h."
LATES = [  # seconds late of each, and by how many the clock jumped → what is said once, and what in the list
    ([0, 0, 0], 0, "", []),
    ([0, 720, 0], 0, "", [f"This comes 12 min late: {HELD_UP}"]),
    ([720, 720, 720], 0, f"All of it comes 12 min late: {HELD_UP}", []),
    ([3600, 3600], 3600, f"All of it comes 1 h late: {JUMPED}", []),
    ([720, 780, 720], 0, f"All of it comes late: {HELD_UP}", ["12 min late.", "13 min late.", "12 min late."]),
    ([3600, 0, 3600], 3600, f"Some of it comes late: {JUMPED}", ["1 h late.", "1 h late."]),
]


@pytest.mark.parametrize(("lates", "jump", "once", "each"), LATES)
def test_several_that_come_late_say_why_once(lates, jump, once, each):
    facts = [
        {**BRIEF, **KINDS[0][0], "ref": f"INC-{n}", "late_s": late, "clock_jumped_s": jump if late else 0}
        for n, late in enumerate(lates)
    ]
    full = compose_all(facts, to=ANA, at=AT).full
    before, _one, listed = full.partition("1. SEV2 INC-0")
    said = [line.strip() for line in before.splitlines() if " late" in line]
    assert said == ([once] if once else [])
    in_list = [line.strip().removeprefix("This comes ") for line in listed.splitlines() if " late" in line]
    assert in_list == [line.removeprefix("This comes ") for line in each]


def test_those_that_are_late_for_different_reasons_say_so_each():
    facts = [{**BRIEF, **KINDS[0][0], "late_s": 720, "clock_jumped_s": jump} for jump in (0, 3600)]
    full = compose_all(facts, to=ANA, at=AT).full
    assert f"This comes 12 min late: {HELD_UP}" in full and f"This comes 12 min late: {JUMPED}" in full
    assert "of it comes" not in full


SO_FAR = [
    ({"tried": 1, "helped": 0}, "So far: tried once, never helped."),
    ({"tried": 4, "helped": 1}, "So far: tried 4 times, helped once."),
    ({"tried": 3, "helped": 3}, "So far: tried 3 times, helped 3 times."),
]


@pytest.mark.parametrize(("facts", "said"), SO_FAR)
@pytest.mark.parametrize("kind", message.BRINGING)
def test_whoever_it_is_brought_to_reads_what_was_tried(kind, facts, said):
    assert said in made({"kind": kind, **facts}).full


@pytest.mark.parametrize("facts", [{}, {"tried": 0, "helped": 0}, {"tried": "4", "helped": None}])
def test_nothing_tried_says_nothing(facts):
    assert "So far" not in made({"kind": "call", **facts}).full
    assert "So far" not in made({"kind": "moved", "tried": 4, "helped": 1}).full
