"""A text leaves the record, and with it the training case that quotes it, every play, and what programs were told."""

import pytest

from escalation.kit import clock as times
from escalation.kit.errors import Refused
from escalation.people.models import ApiAnswer
from escalation.trail.models import Entry
from incidents.models import Incident, TrainingCase, TrainingPlay
from incidents.practising import making, offered
from incidents.practising.checking import Checker
from tests.api_kit import Program, new_key
from tests.pages_kit import client_of, words
from tests.stories.test_own_cases import address, case, drafted, published, resolved  # noqa: F401
from tests.stories.test_own_cases_later import played
from tests.stories.test_taken_away import everywhere
from tests.threads import once_it_was_read

pytestmark = pytest.mark.django_db
WORDS = "Flushed the cache"  # of an attempt


def take(case, by, kind="attempt", text=WORDS) -> Incident:  # noqa: F811
    incident = Incident.objects.get(pk=case.incident_id)
    entry = Entry.objects.get(trail=incident.trail_id, kind=kind, said__text__contains=text)
    incident.take_text_away(by=by, seq=entry.seq, text="Data protection.")
    return incident


def test_a_draft_loses_the_step_that_quotes_it_and_its_author_reads_why(case, cast):  # noqa: F811
    [n] = [n for n, part in enumerate(case.parts) if WORDS in part.get("text", "")]
    case.write(n, by=cast.sam, words={**case.parts[n], "text": f"Ana: {WORDS.lower()}, twice"}, looked=True)
    before = case.parts
    take(case, cast.ada)
    case.refresh_from_db()
    assert "flushed" not in everywhere().lower()
    assert case.parts[n]["text"] == "" and n in case.unread
    assert [part for at, part in enumerate(case.parts) if at != n] == [
        part for at, part in enumerate(before) if at != n
    ]
    assert not [one for one in case.replaced if one["part"] == n]
    sam = client_of(cast.sam)
    assert "A text was taken out of the record" in words(sam.get(address(case)))
    case.write(n, by=cast.sam, words={"text": "It got worse."}, looked=True)
    assert "A text was taken out of the record" not in words(sam.get(address(case)))


def test_what_was_replaced_in_a_text_goes_with_it(case, cast):  # noqa: F811
    assert "jo.okafor" in str(case.replaced)
    take(case, cast.ada, "note", "jo.okafor")
    case.refresh_from_db()
    assert "jo.okafor" not in str(case.replaced) and case.replaced


def test_how_it_ended_and_the_first_report_go_too(case, cast):  # noqa: F811
    take(case, cast.ada, "resolved", "Rolled back what")
    take(case, cast.ada, "opened", "saw it")
    case.refresh_from_db()
    assert (case.told["outcome"], case.parts[1]["text"]) == ("", "")
    assert case.told["service"] and case.parts[2]["text"]


def test_what_is_published_is_withdrawn_and_no_play_tells_it(case, cast):  # noqa: F811
    published(case, cast.sam)
    ended = played(case, cast.ana, len(case.told["steps"]))
    program, named = Program(cast.jo, "plan"), new_key()
    begun = program.post(f"/training/cases/{case.key}/plays", {}, idempotency_key=named).json()
    for n in range(1, len(case.told["steps"])):
        said = {"step": n, "when": "not-yet"}
        assert (
            program.post(f"/training/plays/{begun['id']}/answers", said, idempotency_key=new_key()).status_code == 200
        )
    assert ApiAnswer.objects.filter(body__contains=WORDS).exists()
    incident = take(case, cast.ada)
    assert WORDS not in everywhere()
    left = TrainingPlay.objects.get()
    assert (left.pk, left.told, left.score) == (ended.pk, {}, ended.score)
    case.refresh_from_db()
    assert case.state == "withdrawn" and offered.case(case.key) is None
    assert '"words_taken":true' in Entry.objects.get(trail=incident.trail_id, kind="case_withdrawn").data
    with pytest.raises(Refused, match="Read each part first"):
        case.publish(by=cast.sam, check=Checker(case).sentences)


def test_a_play_of_a_step_that_was_dropped_since_loses_it_and_one_without_keeps_its_words(case, cast):  # noqa: F811
    published(case, cast.sam)
    early = played(case, cast.ana, len(case.told["steps"]))
    case.withdraw(by=cast.sam)
    [n] = [n for n, part in enumerate(case.parts) if WORDS in part.get("text", "")]
    case.drop_step(n, by=cast.sam)
    published(case, cast.sam)
    late = played(case, cast.jo, 1)
    take(case, cast.ada)
    early.refresh_from_db()
    late.refresh_from_db()
    case.refresh_from_db()
    assert (early.told, late.told, case.state) == ({}, case.told, "published")


def test_a_draft_that_was_being_made_in_that_moment_is_made_once_more(resolved, cast):  # noqa: F811
    draft = making.draft(resolved, times.now())
    seq = Entry.objects.get(trail=resolved.trail_id, kind="attempt", said__text=WORDS).seq
    resolved.take_text_away(by=cast.ada, seq=seq, text="Data protection.")
    fresh = Incident.objects.get(pk=resolved.pk)
    with pytest.raises(Refused, match="Make the draft once more"):
        TrainingCase.begin(fresh, by=cast.sam, told=draft.told, replaced=draft.replaced)
    assert WORDS not in str(drafted(fresh, cast.sam).told)


@pytest.mark.django_db(transaction=True)
def test_a_play_that_is_begun_in_that_moment_does_not_keep_it(case, cast):  # noqa: F811
    published(case, cast.sam)

    ana = client_of(cast.ana)
    with once_it_was_read('FROM "incidents_trainingcase"', lambda: take(case, cast.ada)):
        assert ana.post(f"/training/cases/{case.key}/").status_code in (302, 404)
    case.refresh_from_db()
    assert case.state == "withdrawn" and WORDS not in str(TrainingPlay.objects.values_list("told"))
