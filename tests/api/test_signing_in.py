"""Sign up, in and out: by cookie and by bearer, and never on behalf of another site."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.vault.in_memory_tries import InMemoryTries
from api.sign_in_limit import (
    SIGN_INS_FROM_ADDRESS,
    SIGN_INS_OF_ACCOUNT,
    SIGN_UPS_FROM_ADDRESS,
    network_of,
)
from tests.api.creator import PASSWORD, Creator, Visitor, uuid_of
from tests.api.live_studio import LiveStudio, live_studio

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


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "@example.org",
        "ada@",
        "a da@example.org",
        "a@" * 200,
        "ada@localhost",
        "ada@example..org",
        ".ada@example.org",
        "ada@[127.0.0.1]",
        "ada@example.org\r\nbcc: grace@example.org",
    ],
)
def test_what_is_no_address_is_refused_by_name(visitor: Visitor, email: str) -> None:
    refused = visitor.mutate("signUp", email=email, password=PASSWORD)
    assert (refused["code"], refused["path"]) == ("INPUT_INVALID", ["email"])


@pytest.fixture
def limited(database: str, tmp_path: Path) -> Iterator[LiveStudio]:
    """A studio of its own, in which tries are counted."""
    with live_studio(database, tmp_path, tries=InMemoryTries()) as found:
        yield found


def guess(visitor: Visitor, email: str, password: str = "incorrect horse battery") -> str:
    """A try to sign in; answers the type of what was answered."""
    answer = visitor.mutate(
        "signIn", "TooManyRequests", "retryAfterS", email=email, password=password
    )
    return str(answer["__typename"])


def test_only_what_fails_counts_against_a_sign_in(limited: LiveStudio) -> None:
    ada = Creator(limited)
    for _ in range(SIGN_INS_FROM_ADDRESS.tries_max + 1):
        ada.sign_in()


def test_an_account_is_guessed_at_a_few_times_and_is_its_owners_again_soon(
    limited: LiveStudio,
) -> None:
    ada, grace = Creator(limited, "Ada"), Creator(limited, "Grace")
    for spelling in (ada.email, f" {ada.email.upper()} ") * (SIGN_INS_OF_ACCOUNT.tries_max // 2):
        assert guess(grace, spelling) == "SignInFailed"
    refused = grace.mutate(
        "signIn", "TooManyRequests", "retryAfterS", email=ada.email, password="x"
    )
    assert refused["code"] == "TOO_MANY_REQUESTS"
    assert 0 < refused["retryAfterS"] <= SIGN_INS_OF_ACCOUNT.refill.total_seconds()
    # Nobody learns by it which accounts there are.
    for _ in range(SIGN_INS_OF_ACCOUNT.tries_max):
        assert guess(grace, "nobody@example.org") == "SignInFailed"
    assert guess(grace, "nobody@example.org") == "TooManyRequests"
    grace.sign_in()
    limited.clock.pass_by(seconds=refused["retryAfterS"])
    ada.sign_in()


def test_an_address_guesses_at_many_accounts_a_few_times(limited: LiveStudio) -> None:
    visitor = Visitor(limited)
    answers = [
        guess(visitor, f"{number}@example.org")
        for number in range(SIGN_INS_FROM_ADDRESS.tries_max + 20)
    ]
    assert answers[: SIGN_INS_FROM_ADDRESS.tries_max] == (
        ["SignInFailed"] * SIGN_INS_FROM_ADDRESS.tries_max
    )
    assert answers[-1] == "TooManyRequests"


def test_signing_up_has_a_bucket_of_its_own(limited: LiveStudio) -> None:
    people = [Creator(limited, "Ada") for _ in range(SIGN_UPS_FROM_ADDRESS.tries_max)]
    refused = people[0].mutate("signUp", email="late@example.org", password=PASSWORD)
    assert refused["code"] == "TOO_MANY_REQUESTS"
    people[0].sign_in()
    limited.clock.pass_by(seconds=SIGN_UPS_FROM_ADDRESS.refill.total_seconds())
    people[0].did("signUp", email="late@example.org", password=PASSWORD)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("testclient", "testclient"),
    ],
)
def test_one_network_of_many_addresses_is_one_client(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_password_is_the_same_however_it_is_typed(visitor: Visitor) -> None:
    email = f"{uuid4()}@example.org"
    visitor.did("signUp", email=email, password="a caf\u00e9 by the harbour")
    visitor.did("signIn", "token", email=email, password="a cafe\u0301 by the harbour")


def test_a_password_of_before_it_had_one_form_still_signs_in(ada: Creator) -> None:
    typed, hashes = "a cafe\u0301 by the harbour", ada.live.parts.passwords
    ada.live.accounts.replace_password_hash(ada.person, hashes.hash(typed))
    assert ada.mutate("signIn", email=ada.email, password=PASSWORD)["code"] == "SIGN_IN_FAILED"
    for password in (typed, "a caf\u00e9 by the harbour"):
        ada.did("signIn", "token", email=ada.email, password=password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Password1234", "PASSWORD_TOO_COMMON"),
        ("grace.hopper@example.org", "PASSWORD_HOLDS_ADDRESS"),
        ("e\u0301" * 11, "PASSWORD_TOO_WEAK"),
    ],
)
def test_a_password_that_is_guessed_early_is_refused(
    visitor: Visitor, password: str, code: str
) -> None:
    refused = visitor.mutate("signUp", email="grace.hopper@example.org", password=password)
    assert (refused["code"], refused["path"]) == (code, ["password"])


def test_an_address_is_found_in_every_spelling(visitor: Visitor) -> None:
    visitor.did("signUp", email="Ada@B\u00fccher.example", password=PASSWORD)
    for spelling in ("ada@xn--bcher-kva.example", "ADA@bu\u0308cher.example"):
        visitor.did("signIn", "token", email=spelling, password=PASSWORD)
        taken = visitor.mutate("signUp", email=spelling, password=PASSWORD)
        assert taken["code"] == "EMAIL_TAKEN"


def test_an_account_whose_address_would_be_refused_today_still_signs_in(ada: Creator) -> None:
    ada.live.accounts.create(
        uuid4(),
        email="operator@localhost",
        password_hash=ada.live.parts.passwords.hash(PASSWORD),
        at=ada.live.clock(),
    )
    ada.did("signIn", "token", email="Operator@localhost", password=PASSWORD)
