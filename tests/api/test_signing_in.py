"""Sign up, in and out: by cookie and by bearer, and never on behalf of another site."""

from uuid import uuid4

import pytest

from api.refusals import TooManyRequests
from api.sign_in_limit import REFILL_S, TRIES_MAX, SignInLimit
from tests.api.creator import PASSWORD, Creator, Visitor, uuid_of
from tests.api.live_studio import LiveStudio

WHO = "{ viewer { __typename ... on Viewer { id email } ... on Refusal { code } } }"


def test_whoever_signs_in_is_the_viewer(ada: Creator) -> None:
    found = ada.ask(WHO)
    assert found["email"] == ada.email
    assert uuid_of(found["id"]) == ada.person


def test_a_browser_is_signed_in_by_its_cookie(ada: Creator, live: LiveStudio) -> None:
    browser = Visitor(live)
    browser.did("signIn", "token", email=ada.email.upper(), password=PASSWORD)
    [cookie] = browser.http.cookies.jar
    assert cookie.name == "suite_session"
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"
    assert browser.ask(WHO)["email"] == ada.email


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_a_cookie_that_another_site_sends_along_is_nobodys(
    ada: Creator, live: LiveStudio, origin: str
) -> None:
    browser = Visitor(live)
    browser.did("signIn", "token", email=ada.email, password=PASSWORD)
    answer = browser.send({"query": WHO}, origin=origin)
    assert answer.data["viewer"] == {"__typename": "NotSignedIn", "code": "NOT_SIGNED_IN"}
    assert browser.send({"query": WHO}, origin=live.url).data["viewer"]["email"] == ada.email


def test_nobody_is_signed_in_without_a_token(visitor: Visitor) -> None:
    assert visitor.ask(WHO)["code"] == "NOT_SIGNED_IN"
    visitor.token = "of somebody else"
    assert visitor.ask(WHO)["code"] == "NOT_SIGNED_IN"


def test_signing_out_ends_the_session_at_once_and_may_be_repeated(ada: Creator) -> None:
    for _ in range(2):
        assert ada.ask("mutation { signOut { ... on SignOutSuccess { signedOut } } }") == {
            "signedOut": True
        }
        assert ada.ask(WHO)["code"] == "NOT_SIGNED_IN"


def test_a_session_ends_by_itself(fresh: LiveStudio) -> None:
    ada = Creator(fresh)
    fresh.clock.pass_by(hours=13)
    assert ada.ask(WHO)["code"] == "NOT_SIGNED_IN"


def test_a_wrong_password_and_an_unknown_address_look_the_same(
    ada: Creator, visitor: Visitor
) -> None:
    wrong = visitor.mutate("signIn", email=ada.email, password="incorrect horse battery")
    unknown = visitor.mutate("signIn", email="nobody@example.org", password=PASSWORD)
    endless = visitor.mutate("signIn", email=ada.email, password=PASSWORD * 20)
    assert wrong == unknown == endless
    assert wrong["code"] == "SIGN_IN_FAILED"


def test_the_same_sign_up_again_opens_one_account(visitor: Visitor, live: LiveStudio) -> None:
    asked = {"idempotencyKey": str(uuid4()), "email": f"{uuid4()}@example.org"}
    first = visitor.did("signUp", password=PASSWORD, **asked)
    again = visitor.did("signUp", password=PASSWORD, **asked)
    assert first == again
    other = visitor.mutate("signUp", password="another long password", **asked)
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
    elsewhere = {**asked, "email": f"{uuid4()}@example.org"}
    assert visitor.mutate("signUp", password=PASSWORD, **elsewhere)["code"] == (
        "IDEMPOTENCY_KEY_REUSED"
    )
    taken = {**asked, "idempotencyKey": str(uuid4()), "email": f" {asked['email'].upper()} "}
    assert visitor.mutate("signUp", password=PASSWORD, **taken)["code"] == "EMAIL_TAKEN"


def test_a_short_password_is_refused_with_the_length_it_needs(visitor: Visitor) -> None:
    refused = visitor.mutate(
        "signUp", "PasswordTooWeak", "lengthMin", email="ada@example.org", password="short"
    )
    assert refused["__typename"] == "PasswordTooWeak"
    assert refused["lengthMin"] == 12


@pytest.mark.parametrize("email", ["ada", "@example.org", "ada@", "a da@example.org", "a@" * 200])
def test_what_is_no_address_is_refused_by_name(visitor: Visitor, email: str) -> None:
    refused = visitor.mutate("signUp", email=email, password=PASSWORD)
    assert (refused["code"], refused["path"]) == ("INPUT_INVALID", ["email"])


def test_an_address_may_try_often_but_not_endlessly() -> None:
    now_s = [0.0]
    limit = SignInLimit(lambda: now_s[0])
    for _ in range(TRIES_MAX):
        limit.check("192.0.2.1")
    with pytest.raises(TooManyRequests):
        limit.check("192.0.2.1")
    limit.check("192.0.2.2")
    now_s[0] += REFILL_S
    limit.check("192.0.2.1")
    with pytest.raises(TooManyRequests):
        limit.check("192.0.2.1")


def test_one_network_of_many_addresses_is_one_client() -> None:
    limit = SignInLimit(lambda: 0.0)
    for host in range(TRIES_MAX):
        limit.check(f"2001:db8::{host:x}")
    with pytest.raises(TooManyRequests):
        limit.check("2001:db8::ffff")
    limit.check("2001:db8:0:1::1")
