"""What an identity provider may answer: anything at all, and only what holds to the rules is believed."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.services.openid import NotTrusted, check_discovery, join_claims, read_id_token
from tests.support.identity_provider import KEY, OTHER_KEY

ISSUER, CLIENT, NONCE = "https://id.example.org", "dashboard", "n" * 64
PUBLIC = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
KEYS = {"keys": [PUBLIC | {"kid": "one"}]}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {"iss": ISSUER, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 60, "nonce": NONCE} | changes
    return {name: value for name, value in told.items() if value is not None}


def signed(told: dict[str, Any], key: Any = KEY, **headers: Any) -> str:
    return jwt.encode(told, key, algorithm="RS256", headers={"kid": "one"} | headers)


def read(token: object, keys: dict[str, Any] = KEYS) -> dict[str, Any]:
    return read_id_token(token, keys, issuer=ISSUER, client_id=CLIENT, nonce=NONCE)


def test_a_token_that_holds_to_the_rules_is_believed():
    assert read(signed(claims()))["sub"] == "1"
    assert read(signed(claims(aud=[CLIENT])))["sub"] == "1"
    assert read(signed(claims(aud=[CLIENT, "other"], azp=CLIENT)))["sub"] == "1"
    assert read(jwt.encode(claims(), KEY, algorithm="RS256"), {"keys": [PUBLIC]})["sub"] == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"azp": "other"},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "s" * 192},
        {"exp": None},
        {"exp": 1},
        {"iat": None},
        {"iat": 99_999_999_999},
        {"nbf": 99_999_999_999},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "é" * 64},
        {"nonce": [NONCE]},
    ],
)
def test_a_token_that_breaks_a_rule_is_not_believed(changes: dict[str, Any]):
    with pytest.raises(NotTrusted):
        read(signed(claims(**changes)))


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": []},
        {"keys": "none"},
        {"keys": [PUBLIC | {"kid": "two"}]},
        {"keys": [PUBLIC | {"kid": "one", "use": "enc"}]},
        {"keys": [PUBLIC | {"kid": "one", "n": "AQ"}]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]},
        {"keys": [PUBLIC | {"kid": "one"}] * 2},
    ],
)
def test_keys_that_did_not_sign_it_prove_nothing(keys: dict[str, Any]):
    with pytest.raises(NotTrusted):
        read(signed(claims()), keys)


def test_a_key_that_is_public_is_no_shared_secret():
    """The oldest trick: sign with the public key, as if it were the secret of HS256."""
    secret = "the public key of the provider is no secret at all"
    token = jwt.encode(claims(), secret, algorithm="HS256", headers={"kid": "one"})
    with pytest.raises(NotTrusted):
        read(token)
    with pytest.raises(NotTrusted):
        read(jwt.encode(claims(), None, algorithm="none", headers={"kid": "one"}))
    with pytest.raises(NotTrusted):
        read(signed(claims(), OTHER_KEY))


def test_a_secret_that_stands_among_the_public_keys_signs_nothing():
    """Who published it by mistake has told everybody."""
    secret = "everybody can read this secret, so anybody could sign"
    published = {"kty": "oct", "kid": "one", "k": base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()}
    token = jwt.encode(claims(), secret, algorithm="HS256", headers={"kid": "one"})
    with pytest.raises(NotTrusted):
        read(token, {"keys": [published]})


def test_a_token_that_was_touched_is_not_believed():
    head, _body, signature = signed(claims()).split(".")
    other = signed(claims(sub="2")).split(".")[1]
    with pytest.raises(NotTrusted):
        read(f"{head}.{other}.{signature}")


@given(token=ANYTHING, keys=st.dictionaries(st.sampled_from(["keys", "x"]), ANYTHING))
def test_nonsense_is_not_believed_and_breaks_nothing(token: Any, keys: dict[str, Any]):
    with pytest.raises(NotTrusted):
        read(token, keys)


@given(changes=st.dictionaries(st.sampled_from(["iss", "aud", "sub", "iat", "exp", "nonce", "azp", "nbf"]), ANYTHING))
def test_odd_claims_under_the_right_key_break_nothing(changes: dict[str, Any]):
    try:
        token = signed(claims() | changes)
    except TypeError:  # PyJWT signs no such claims
        return
    try:
        told = read(token)
    except NotTrusted:
        return
    assert (told["iss"], told["nonce"]) == (ISSUER, NONCE)


@given(
    found=st.dictionaries(st.sampled_from(["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"]), ANYTHING)
)
def test_odd_discovery_is_not_followed_and_breaks_nothing(found: dict[str, Any]):
    with pytest.raises(NotTrusted):
        check_discovery(found, ISSUER)


def document(**changes: str) -> dict[str, Any]:
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    return {"issuer": ISSUER} | {name: f"{ISSUER}/{name}" for name in names} | changes


def test_discovery_may_name_other_hosts_and_never_this_machine():
    check_discovery(document(token_endpoint="https://tokens.example.com/"), ISSUER)
    for address in ("https://localhost/token", "https://127.0.0.1/token", "https://[::1]/token", "http://e.example/t"):
        with pytest.raises(NotTrusted):
            check_discovery(document(token_endpoint=address), ISSUER)


def test_userinfo_is_about_the_same_person_or_not_believed():
    assert join_claims({"sub": "1", "a": 1}, {"sub": "1", "b": 2}) == {"sub": "1", "a": 1, "b": 2}
    assert join_claims({"sub": "1"}, None) == {"sub": "1"}
    for other in ({"sub": "2"}, {}, {"sub": None}):
        with pytest.raises(NotTrusted):
            join_claims({"sub": "1"}, other)
