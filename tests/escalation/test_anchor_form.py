"""How an anchor's bytes come about: as ``trail.chain`` writes JSON, whatever is in a name."""

from dataclasses import asdict, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from escalation.trail import chain
from escalation.trail.anchors import form, keys
from escalation.trail.anchors.form import Head
from escalation.trail.anchors.log import parsed

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HEADS = st.lists(st.builds(Head, st.integers(1, 2**53 - 1), TEXT, st.integers(0, 2**31), TEXT), max_size=9)


def anchor(heads: list[Head]) -> form.Signed:
    told = {"at": "2026-03-02T09:30:00.000000Z", "installation": "a" * 64, "host": "a “host”\n", "prev": chain.GENESIS}
    root = form.root(one.leaf for one in heads)
    made = form.Anchor(n=1, newest=9, whole=True, count=len(heads), root=root, key=keys.public(KEY), **told)
    return form.sign(made, heads, KEY)


@given(HEADS)
def test_a_line_is_what_the_chain_would_write_and_is_read_again(heads):
    signed = anchor(heads)
    told = {"anchor": asdict(signed.anchor) | {"v": 1}, "heads": list(map(list, heads)), "signature": signed.signature}
    assert signed.line == chain.plain(told)
    assert [one.leaf for one in heads] == [chain.plain(list(one)).encode() for one in heads]
    assert parsed(signed.line.encode()) == signed and signed.is_signed and signed.is_whole


@given(HEADS.filter(len), st.data())
def test_no_head_is_proved_beside_one_that_was_not_signed(heads, data):
    signed, place = anchor(heads), data.draw(st.integers(0, len(heads) - 1))
    path = signed.proof(place)
    assert form.root_from(heads[place].leaf, path) == signed.anchor.root
    edited = data.draw(st.integers(0, len(heads) - 1))
    others = [one._replace(length=one.length + 1) if n == edited else one for n, one in enumerate(heads)]
    for wrong in (others, [*heads, heads[0]]):
        assert replace(signed, heads=wrong).proof(place) is None and not replace(signed, heads=wrong).is_whole
