"""Who fills which role, as a table; and what holds for everybody who could be there."""

from hypothesis import given
from hypothesis import strategies as st

from incidents.models.casting import who_fills, who_is_next

ANA, BEN, CAI, DEA = 1, 2, 3, 4


def test_each_role_has_the_first_who_is_there_and_nobody_two_while_another_is():
    assert who_fills({}) == {}
    assert who_fills({"lead": []}) == {"lead": None}
    assert who_fills({"lead": [ANA, BEN], "scribe": [ANA, BEN]}) == {"lead": ANA, "scribe": BEN}
    assert who_fills({"lead": [ANA, BEN], "scribe": [ANA]}) == {"lead": BEN, "scribe": ANA}
    assert who_fills({"lead": [ANA], "scribe": [ANA]}) == {"lead": ANA, "scribe": ANA}
    assert who_fills({"lead": [ANA], "communicator": [], "scribe": [ANA, CAI]}) == {
        "lead": ANA,
        "communicator": None,
        "scribe": CAI,
    }


def test_who_has_the_baton_is_left_to_it_while_another_is_there():
    assert who_fills({"scribe": [ANA, BEN]}, busy=[ANA]) == {"scribe": BEN}
    assert who_fills({"scribe": [ANA]}, busy=[ANA]) == {"scribe": ANA}
    assert who_fills({"lead": [ANA, BEN, CAI, DEA], "scribe": [ANA, BEN, CAI]}, busy=[ANA, BEN]) == {
        "lead": DEA,
        "scribe": CAI,
    }


def test_the_next_is_asked_only_where_somebody_else_is_on_call():
    assert who_is_next([ANA], ANA, ()) is None
    assert who_is_next([BEN, ANA], ANA, ()) is None
    assert who_is_next([], ANA, ()) is None
    assert who_is_next([BEN], ANA, ()) == BEN
    assert who_is_next([BEN], None, ()) == BEN
    assert who_is_next([BEN, CAI], ANA, [BEN]) == CAI
    assert who_is_next([BEN], ANA, [BEN]) is None
    assert who_is_next([BEN, CAI], None, (), busy=[BEN]) == CAI
    assert who_is_next([BEN], None, (), busy=[BEN]) == BEN


PEOPLE = st.lists(st.integers(1, 6), max_size=6, unique=True)


@given(st.dictionaries(st.sampled_from(["lead", "communicator", "scribe"]), PEOPLE), st.lists(st.integers(1, 6)))
def test_whoever_is_chosen_is_there_and_a_role_is_open_only_where_nobody_is(there, busy):
    chosen = who_fills(there, busy)
    assert chosen.keys() == there.keys()
    for role, person in chosen.items():
        assert (person in there[role]) if there[role] else (person is None)
    # Who has two things could not be spared of either by changing one role.
    having = [person for person in chosen.values() if person is not None]
    for role, person in chosen.items():
        if person is not None and (having.count(person) > 1 or person in busy):
            assert all(other in busy or other in having for other in there[role])
