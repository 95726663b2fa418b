"""What is kept in the corpus, at every door: an answer, no crash, and what was taken is on disk and was worked off."""

import random

import pytest

from incidents.inbound import letterbox, registry, tasks
from tests.corpus import HERE
from tests.hostile_kit import (
    COMMON,
    Found,
    Place,
    Sent,
    kept,
    mutated,
    open_installation,
    places,
    play,
    samples,
    settle,
)
from tests.parts import examples

pytestmark = pytest.mark.django_db

MUTATIONS = examples(8)  # of each address; scripts/fuzz.py goes on from there


@pytest.fixture(autouse=True)
def _one_process(monkeypatch, settings):
    open_installation(settings)
    monkeypatch.setattr(letterbox, "close_old_connections", lambda: None)
    monkeypatch.setattr(tasks, "ring", lambda _pk: None)
    monkeypatch.setattr("incidents.inbound.opsgenie.wire.PATIENCE", ())


@pytest.fixture
def doors(cast, clock) -> list[Place]:
    return places(cast.service)


def once(doors: list[Place]) -> dict[str, Place]:
    """Addresses of one door differ in where the key is; each is played, and no name more than once."""
    return {place.name: place for place in reversed(doors)}


def test_every_door_that_there_is_is_played(doors):
    played = {place.name for place in doors}
    assert {name for door in registry.DOORS for name in door.addresses} <= played
    assert {"mail", "sms-replies", "slack-actions", "mattermost-actions", "telegram-actions"} <= played
    folders = {folder.name for folder in HERE.iterdir() if folder.is_dir() and not folder.name.startswith("__")}
    assert folders <= {COMMON, *played}, "a corpus of a door that is not there"


def test_each_of_the_corpus_says_why_it_is_kept():
    assert len(kept()) >= 90
    assert all(sent.why for folder in HERE.iterdir() if folder.is_dir() for sent in kept(folder.name))


@pytest.mark.rehearsal("long")
def test_the_corpus_is_answered_at_every_door(doors):
    dice = random.Random(1)
    statuses = set()
    for n, place in enumerate(once(doors).values()):
        common = (
            kept() if place.name in ("alertmanager-key", "webhook-key", "mail", "slack-actions") else kept()[n % 6 :: 6]
        )
        for sent in [*common, *kept(place.name)]:
            statuses.add(play(place, sent, dice.choice(place.methods or ("POST",))))
        settle()
    assert {202, 400, 415} <= statuses, "the rig is blind"


@pytest.mark.rehearsal("long")
@pytest.mark.sqlite_enough
def test_something_else_is_answered_too(doors):
    dice = random.Random(7)
    for place in doors:
        known = samples(place)
        for _time, sent in zip(range(MUTATIONS), mutated(dice, known), strict=False):
            try:
                play(place, sent)
            except Found as found:
                raise AssertionError(f"{found}\n{dict(sent.headers)}\n{sent.body[:2000]!r}") from found
        settle()


@pytest.mark.sqlite_enough
def test_a_fault_is_found(doors, monkeypatch):
    """The rig sees what it is for."""
    place = once(doors)["webhook-key"]
    good = Sent("good", b'{"title": "t"}', {"Content-Type": "application/json"})
    assert play(place, good) == 202

    def forgets(*_args, **_named):
        raise ValueError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr("incidents.inbound.intake.take_in", forgets)
        with pytest.raises(Found, match="503"):
            play(place, good)
    with monkeypatch.context() as patch:
        patch.setattr("tests.hostile_kit.Receipt.objects.count", lambda: 1)
        with pytest.raises(Found, match="nothing is on disk"):
            play(place, good)
