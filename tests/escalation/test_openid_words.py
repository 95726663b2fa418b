"""What a provider says of somebody, and whether it counts: a table of what others try."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from escalation.signin.openid.words import NotBelieved, NotProved, Trust, believed, proved_anew, somebody

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AT = int(NOW.timestamp())
TRUST = Trust(issuer="https://login.example", client_id="baton")
OURS, OTHERS = (rsa.generate_private_key(65537, 2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())


def public(key, kid: str, **more) -> dict:
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


KEYS = {"keys": [public(OURS, "one"), public(CURVE, "two"), {**public(OTHERS, "sealing"), "use": "enc"}]}
GOOD = {"iss": TRUST.issuer, "sub": "7", "aud": "baton", "exp": AT + 300, "iat": AT, "nonce": "n"}


def token(key=OURS, algorithm="RS256", kid="one", **changed) -> str:
    said = {name: value for name, value in (GOOD | changed).items() if value is not None}
    return jwt.encode(said, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


@pytest.mark.parametrize(
    "sent",
    [
        token(),
        token(CURVE, "ES256", "two"),
        token(OURS, "PS256"),
        token(exp=AT - 30),  # within what clocks differ
        token(nbf=AT + 30),
        token(aud=["baton", "other"], azp="baton"),
    ],
    ids=[
        "as most do",
        "on a curve",
        "with PSS",
        "by another clock",
        "for soon",
        "for two",
    ],  # a signature is another each time
)
def test_what_the_provider_says_to_us_now_counts(sent):
    assert believed(sent, KEYS, TRUST, nonce="n", now=NOW)["sub"] == "7"


@pytest.mark.parametrize("proved", [AT, AT - 60, AT + 30.5, AT + 90], ids=["then", "by two clocks", "later", "now"])
def test_a_proof_of_after_the_question_counts(proved):
    proved_anew({"auth_time": proved}, since=AT, now=NOW + timedelta(seconds=30))


@pytest.mark.parametrize(
    "said",
    [
        {},
        *({"auth_time": one} for one in (AT - 61, AT + 91, 0, True, None, str(AT), float("nan"), float("inf"), [AT])),
    ],
    ids=str,
)
def test_no_other_proof_does(said):
    with pytest.raises(NotProved):
        proved_anew(said, since=AT, now=NOW + timedelta(seconds=30))


PEM = OURS.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
TAMPERED = ".".join([*token().split(".")[:1], token(sub="8").split(".")[1], token().split(".")[2]])


@pytest.mark.parametrize(
    ("sent", "nonce"),
    [
        pytest.param(token(OTHERS), "n", id="signed by somebody else"),
        pytest.param(TAMPERED, "n", id="changed after it was signed"),
        pytest.param(token(None, "none"), "n", id="not signed at all"),
        pytest.param(jwt.encode(GOOD, b"k" * 32, algorithm="HS256", headers={"kid": "one"}), "n", id="a shared secret"),
        pytest.param(token(kid="three"), "n", id="a key that is not published"),
        pytest.param(token(kid=None), "n", id="no key named where there are several"),
        pytest.param(token(OTHERS, kid="sealing"), "n", id="a key that is not for signing"),
        pytest.param(token(CURVE, "ES256", "one"), "n", id="another kind of key under that name"),
        pytest.param(token(iss="https://login.example/"), "n", id="another issuer"),
        pytest.param(token(aud="other"), "n", id="for another audience"),
        pytest.param(token(aud=["other"]), "n", id="for others"),
        pytest.param(token(aud=["baton", "other"]), "n", id="for several, and nobody named"),
        pytest.param(token(azp="other"), "n", id="made for another"),
        pytest.param(token(exp=AT - 61), "n", id="ended"),
        pytest.param(token(iat=AT + 61), "n", id="from the future"),
        pytest.param(token(nbf=AT + 61), "n", id="for later"),
        pytest.param(token(exp=10**400), "n", id="with an end beyond all numbers"),
        pytest.param(token(exp=float("nan")), "n", id="with an end that is no number"),
        pytest.param(token(exp=None), "n", id="without an end"),
        pytest.param(token(exp="soon"), "n", id="with an end that is no time"),
        pytest.param(token(sub=None), "n", id="of nobody"),
        pytest.param(token(nonce="m"), "n", id="in answer to another question"),
        pytest.param(token(nonce=None), "n", id="in answer to no question"),
        pytest.param(token(nonce=""), "", id="no question at all"),
        pytest.param("", "n", id="nothing"),
        pytest.param("a.b.c", "n", id="no token"),
        pytest.param("é" * 5000, "n", id="words"),
    ],
)
def test_nothing_else_does(sent, nonce):
    with pytest.raises(NotBelieved):
        believed(sent, KEYS, TRUST, nonce=nonce, now=NOW)


def test_the_public_key_is_no_shared_secret():
    """The oldest trick: signed by HMAC with the provider's public key, which everybody has."""
    import base64
    import hashlib
    import hmac

    def part(said: dict) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "kid": "one"}) + b"." + part(GOOD)
    seal = base64.urlsafe_b64encode(hmac.new(PEM, signed, hashlib.sha256).digest()).rstrip(b"=")
    with pytest.raises(NotBelieved):
        believed((signed + b"." + seal).decode(), KEYS, TRUST, nonce="n", now=NOW)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "RSA"}]}, {"keys": [7]}])
def test_keys_that_are_none_let_nobody_in(keys):
    with pytest.raises(NotBelieved):
        believed(token(), keys, TRUST, nonce="n", now=NOW)


ANA = {"sub": "7", "email": "Ana@Example.com", "email_verified": True, "name": " Ana Ruiz "}


def test_somebody_is_found_by_the_address_that_is_verified():
    found = somebody(ANA, TRUST)
    assert (found.email, found.name) == ("ana@example.com", "Ana Ruiz")


@pytest.mark.parametrize("name", [None, 7, "", "\u200b\ufeff", "\u200f", "\u3164"], ids=ascii)
def test_a_name_that_cannot_be_seen_is_none(name):
    assert somebody(ANA | {"name": name}, TRUST).name == ""


@pytest.mark.parametrize(
    ("said", "trust"),
    [
        ({"email_verified": False}, {}),
        ({"email": "ana@example"}, {}),
        ({"email": "a@" + ".".join(["b" * 60] * 5) + ".com"}, {}),  # longer than the column
        ({"email": "ana\0@example.com"}, {}),  # which PostgreSQL keeps in no text
        ({"email": "ana@\ud800.com"}, {}),  # half a letter
        ({"sub": "7\0"}, {}),
        ({"sub": "7\ud800"}, {}),
        ({"email_verified": None}, {}),
        ({"email_verified": "false"}, {}),
        ({"email_verified": 1}, {}),
        ({"email": None}, {}),
        ({"email": ["ana@example.com"]}, {}),
        ({"email": "ana"}, {}),
        ({}, {"domains": ("example.org",)}),
        ({"email": "ana@stra\u00dfe.example"}, {"domains": ("strasse.example",)}),
        ({"email": "bo\u017fs@example.com"}, {}),
        ({"email": "\u212aim@example.com"}, {}),
        ({"email": "ana@example.org.evil.example"}, {"domains": ("example.org",)}),
        ({"email": "ana@example.org@evil.example"}, {"domains": ("example.org",)}),
        ({}, {"claim": ("groups", "baton")}),
        ({"groups": "not-baton"}, {"claim": ("groups", "baton")}),
        ({"groups": {"baton": 1}}, {"claim": ("groups", "baton")}),
    ],
)
def test_who_may_not_come_in_does_not(said, trust):
    with pytest.raises(NotBelieved):
        somebody(ANA | said, Trust(issuer="i", client_id="c", **trust))


@pytest.mark.parametrize("groups", ["baton", ["others", "baton"]])
def test_a_claim_is_said_alone_or_in_a_list(groups):
    trust = Trust(issuer="i", client_id="c", domains=("example.com",), claim=("groups", "baton"))
    assert somebody(ANA | {"groups": groups}, trust).email == "ana@example.com"
