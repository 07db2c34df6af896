"""A new password: by a link that was sent, at the machine, or from the old one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.vault.in_memory_tries import InMemoryTries
from api.password_letters import AGAIN_AFTER, GIVEN_UP_AFTER
from api.sign_in_limit import (
    LINKS_FROM_ADDRESS,
    LINKS_OF_ACCOUNT,
    PASSWORDS_OF_PERSON,
    take_link_tries,
)
from commands.ports.tries import Tries
from domain.refusals import TooManyRequests
from tests.api.creator import PASSWORD, Creator, Visitor
from tests.api.live_studio import LiveStudio, live_studio
from tests.api.test_signing_in import WHO, guess
from tests.conftest import TEMPLATE
from tests.diary import MORNING

NEW = "a harbour full of small boats"
HELP = "{ passwordHelp { byPost minutes } }"


@pytest.fixture(scope="module")
def limited(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStudio]:
    """A studio of its own, in which tries are counted and time passes."""
    postgres_server.create_database("limited_passwords", template=TEMPLATE)
    url, folder = postgres_server.url("limited_passwords"), tmp_path_factory.mktemp("limited")
    with live_studio(url, folder, tries=InMemoryTries()) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_waits(live: LiveStudio) -> None:
    """Letters of an earlier test are gone."""
    while live.letters.send_next():
        pass
    live.post.letters.clear()


def wish(visitor: Visitor, email: str) -> Any:
    return visitor.mutate(
        "requestPasswordLink", "RequestPasswordLinkSuccess", "minutes", email=email
    )


def token_for(creator: Creator) -> str:
    """Out of the letter that was sent to them."""
    assert wish(creator, creator.email)["minutes"] == 30
    creator.live.letters.send_next()
    letter = creator.live.post.letters[-1]
    assert letter.to == creator.email
    [link] = [line for line in letter.text.splitlines() if "://" in line]
    before, _, token = link.rpartition("/")
    assert before == f"{creator.live.url}/#/password"
    return token


def sets(visitor: Visitor, token: str, password: str = NEW) -> Any:
    return visitor.mutate(
        "setPassword", "SetPasswordSuccess", "email", token=token, password=password
    )


def test_a_link_sets_a_new_password_once(ada: Creator, visitor: Visitor) -> None:
    token = token_for(ada)
    assert sets(visitor, token) == {"__typename": "SetPasswordSuccess", "email": ada.email}
    assert visitor.mutate("signIn", email=ada.email, password=PASSWORD)["code"] == "SIGN_IN_FAILED"
    visitor.did("signIn", "token", email=ada.email, password=NEW)
    again = sets(visitor, token, "another good password")
    assert (again["code"], again["path"]) == ("PASSWORD_LINK_OVER", ["token"])


def test_a_link_ends_every_session_with_its_feeds(ada: Creator, visitor: Visitor) -> None:
    assert ada.ask(WHO)["email"] == ada.email
    sets(visitor, token_for(ada))
    assert ada.ask(WHO)["code"] == "NOT_SIGNED_IN"


def test_a_link_is_over_after_half_an_hour(limited: LiveStudio) -> None:
    ada = Creator(limited)
    token = token_for(ada)
    limited.clock.pass_by(minutes=30)
    assert sets(ada, token)["code"] == "PASSWORD_LINK_OVER"
    ada.sign_in()


@pytest.mark.parametrize("token", ["", "never", "x" * 500, "\N{SNOWMAN}"])
def test_what_is_no_token_is_answered_as_one_that_is_over(visitor: Visitor, token: str) -> None:
    assert sets(visitor, token)["code"] == "PASSWORD_LINK_OVER"


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "PASSWORD_TOO_WEAK"), ("Password1234", "PASSWORD_TOO_COMMON"), (None, None)],
)
def test_a_password_that_is_refused_leaves_the_link_for_another(
    ada: Creator, visitor: Visitor, password: str | None, code: str | None
) -> None:
    token = token_for(ada)
    if password is None:
        password, code = f"{ada.email} and more", "PASSWORD_HOLDS_ADDRESS"
    refused = sets(visitor, token, password)
    assert (refused["code"], refused["path"]) == (code, ["password"])
    assert ada.ask(WHO)["email"] == ada.email
    assert sets(visitor, token)["email"] == ada.email


def test_nothing_says_whether_an_address_has_an_account(ada: Creator, visitor: Visitor) -> None:
    known = wish(visitor, f" {ada.email.upper()} ")
    others = [wish(visitor, email) for email in ("nobody@example.org", "no address", "x" * 3_000)]
    assert others == [known] * 3
    while ada.live.letters.send_next():
        pass
    # Sent to where the account is, in the spelling that it was opened with.
    assert [letter.to for letter in ada.live.post.letters] == [ada.email]


def test_whoever_asks_waits_for_nothing_that_only_an_account_takes(
    ada: Creator, visitor: Visitor
) -> None:
    """No row, no letter, no look into the vault: all that differs comes after the answer."""
    before = links_open(ada)
    wish(visitor, ada.email)
    assert links_open(ada) == before
    assert ada.live.post.letters == []
    ada.live.letters.send_next()
    assert links_open(ada) == before + 1


def links_open(creator: Creator) -> int:
    with psycopg.connect(creator.live.database) as connection:
        connection.execute("SET ROLE vault")
        row = connection.execute(
            "SELECT count(*) FROM vault.password_links WHERE person_id = %s", [creator.person]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_letters_are_few_to_one_address_and_from_one_whether_or_not_there_is_an_account(
    limited: LiveStudio,
) -> None:
    ada, stranger, at_once = Creator(limited), Visitor(limited), LINKS_OF_ACCOUNT.tries_max
    for email in (ada.email, "nobody@example.org"):
        answers = [wish(stranger, email).get("code") for _ in range(at_once + 1)]
        assert answers == [*[None] * at_once, "TOO_MANY_REQUESTS"]
    limited.clock.pass_by(seconds=LINKS_OF_ACCOUNT.refill.total_seconds())
    assert wish(stranger, ada.email)["minutes"] == 30
    left = LINKS_FROM_ADDRESS.tries_max - 1
    answers = [wish(stranger, f"{n}@example.org").get("code") for n in range(left + 1)]
    assert answers == [*[None] * left, "TOO_MANY_REQUESTS"]
    limited.clock.pass_by(minutes=30)


def test_where_an_account_is_at_home_cannot_be_told_from_elsewhere() -> None:
    def ask(tries: Tries, network: str, *, is_familiar: bool) -> None:
        take_link_tries(tries, network, "ada@example.org", is_familiar=is_familiar, at=MORNING)

    for is_familiar in (True, False):
        tries = InMemoryTries()
        for _ in range(LINKS_OF_ACCOUNT.tries_max):
            ask(tries, "10.0.0.1", is_familiar=is_familiar)
        with pytest.raises(TooManyRequests):
            ask(tries, "10.0.0.2", is_familiar=False)
    # And nobody elsewhere keeps whoever is at home from asking.
    tries = InMemoryTries()
    for _ in range(LINKS_OF_ACCOUNT.tries_max):
        ask(tries, "10.0.0.2", is_familiar=False)
    ask(tries, "10.0.0.1", is_familiar=True)


def test_a_letter_that_nobody_takes_is_handed_in_again_and_then_given_up(
    limited: LiveStudio,
) -> None:
    ada, grace = Creator(limited), Creator(limited, "Grace")
    while limited.letters.send_next():
        pass
    limited.post.letters.clear()
    limited.post.is_away = True
    wish(ada, ada.email)
    assert limited.letters.send_next()
    assert not limited.letters.send_next()
    limited.post.is_away = False
    # Nobody waits behind it.
    wish(grace, grace.email)
    assert limited.letters.send_next()
    assert [letter.to for letter in limited.post.letters] == [grace.email]
    limited.clock.pass_by(seconds=AGAIN_AFTER.total_seconds())
    assert limited.letters.send_next()
    assert [letter.to for letter in limited.post.letters] == [grace.email, ada.email]
    limited.post.is_away = True
    wish(ada, ada.email)
    limited.clock.pass_by(seconds=GIVEN_UP_AFTER.total_seconds())
    assert limited.letters.send_next()
    limited.clock.pass_by(seconds=AGAIN_AFTER.total_seconds())
    assert not limited.letters.send_next()


def test_a_studio_without_post_says_so_whoever_asks(database: str, tmp_path: Path) -> None:
    with live_studio(database, tmp_path, letters=None) as studio:
        ada = Creator(studio)
        assert ada.ask(HELP) == {"byPost": False, "minutes": 30}
        for email in (ada.email, "nobody@example.org"):
            assert wish(ada, email)["code"] == "POST_MISSING"


def test_a_studio_with_post_says_so(visitor: Visitor) -> None:
    assert visitor.run("PasswordHelp") == {"byPost": True, "minutes": 30}


def change(creator: Creator, old: str, new: str) -> Any:
    return creator.mutate(
        "changePassword",
        "ChangePasswordSuccess",
        "sessionsEnded",
        oldPassword=old,
        password=new,
    )


def test_a_password_is_changed_from_the_old_one_and_other_sessions_end(ada: Creator) -> None:
    elsewhere = Visitor(ada.live)
    elsewhere.token = elsewhere.did("signIn", "token", email=ada.email, password=PASSWORD)["token"]
    assert change(ada, PASSWORD, NEW)["sessionsEnded"] == 1
    assert elsewhere.ask(WHO)["code"] == "NOT_SIGNED_IN"
    assert ada.ask(WHO)["email"] == ada.email
    assert ada.mutate("signIn", email=ada.email, password=PASSWORD)["code"] == "SIGN_IN_FAILED"
    # After a lost answer the same is asked again.
    assert change(ada, PASSWORD, NEW)["sessionsEnded"] == 0
    ada.did("signIn", "token", email=ada.email, password=NEW)


def test_a_changed_password_ends_links_that_were_sent(ada: Creator) -> None:
    token = token_for(ada)
    change(ada, PASSWORD, NEW)
    assert sets(ada, token, "of whoever reads the mail")["code"] == "PASSWORD_LINK_OVER"
    ada.did("signIn", "token", email=ada.email, password=NEW)


def test_a_change_is_refused_by_name(ada: Creator, visitor: Visitor) -> None:
    for old, new, code, path in (
        ("not it at all", NEW, "PASSWORD_WRONG", ["oldPassword"]),
        ("x" * 3_000, NEW, "PASSWORD_WRONG", ["oldPassword"]),
        (PASSWORD, "short", "PASSWORD_TOO_WEAK", ["password"]),
        (PASSWORD, "x" * 3_000, "INPUT_INVALID", ["password"]),
    ):
        refused = change(ada, old, new)
        assert (refused["code"], refused["path"]) == (code, path)
    ada.sign_in()
    unknown = visitor.mutate("changePassword", oldPassword=PASSWORD, password=NEW)
    assert unknown["code"] == "NOT_SIGNED_IN"


def test_whoever_finds_a_desk_open_guesses_a_few_times(limited: LiveStudio) -> None:
    ada = Creator(limited)
    for _ in range(2):
        # What is right is not counted.
        assert change(ada, PASSWORD, PASSWORD)["sessionsEnded"] == 0
    for _ in range(PASSWORDS_OF_PERSON.tries_max):
        assert change(ada, "a wrong guess", NEW)["code"] == "PASSWORD_WRONG"
    assert change(ada, PASSWORD, NEW)["code"] == "TOO_MANY_REQUESTS"
    assert guess(ada, ada.email, PASSWORD) == "SignInSuccess"
