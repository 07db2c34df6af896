"""What carries letters, and a mail server that is asked to."""

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from adapters.mail.in_memory import InMemoryPost
from adapters.mail.smtp import MailServer, SmtpPost
from commands.ports.post import Letter, LetterRefused, Post, PostUnavailable
from processes.settings import Settings
from processes.wiring.post import PostUnset, open_post
from tests.contract.smtp_server import PASSWORD, USERNAME, SmtpServer, smtp_server
from tests.kafka.secure_broker import Authority

LINK = f"https://studio.example/#/password/{'x' * 90}"
LETTER = Letter("ada@example.org", "A lighthouse", f"It stands in fog:\n\n{LINK}\n")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority("harbour", tmp_path_factory.mktemp("authority"))


@pytest.fixture
def smtp(authority: Authority) -> Iterator[SmtpServer]:
    with smtp_server(*authority.issue("mail")) as running:
        yield running


@pytest.fixture
def known(smtp: SmtpServer, authority: Authority) -> MailServer:
    """The server as an operator names it."""
    return MailServer(
        host="localhost",
        port=smtp.port,
        security="starttls",
        sender="studio@example.org",
        username=USERNAME,
        password=PASSWORD,
        ca_file=authority.file,
    )


@pytest.fixture(params=["in_memory", "smtp"])
def post(request: pytest.FixtureRequest) -> Post:
    if request.param == "in_memory":
        return InMemoryPost()
    return SmtpPost(request.getfixturevalue("known"))


def test_a_letter_is_taken_as_often_as_it_is_handed_in(post: Post) -> None:
    for _ in range(2):
        post.send(LETTER)


def test_a_letter_arrives_as_it_was_written_over_a_sealed_line(
    smtp: SmtpServer, known: MailServer
) -> None:
    SmtpPost(known).send(LETTER)
    [letter] = smtp.letters
    assert isinstance(letter, EmailMessage)
    assert (letter["To"], letter["From"]) == (LETTER.to, known.sender)
    assert letter["Subject"] == LETTER.subject
    # Lines end on the wire as the protocol has it, and the link is in one piece.
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text
    assert LINK in letter.as_string()
    # What comes before the seal names nobody.
    assert [line.split(" ")[0] for line in smtp.said_in_clear] == ["ehlo", "STARTTLS"]


@pytest.mark.parametrize("farewell", ["250 well", "421 busy", "no such thing"])
def test_a_letter_that_was_taken_is_sent_whatever_is_said_at_the_end(
    smtp: SmtpServer, known: MailServer, farewell: str
) -> None:
    smtp.answers_quit = farewell
    SmtpPost(known).send(LETTER)
    assert len(smtp.letters) == 1


def test_a_domain_of_other_letters_is_written_as_mail_servers_read_it(
    smtp: SmtpServer, known: MailServer
) -> None:
    SmtpPost(known).send(replace(LETTER, to="ada@bücher.example"))
    assert smtp.letters[0]["To"] == "ada@xn--bcher-kva.example"


def test_nothing_is_said_in_clear_where_the_line_cannot_be_sealed(
    smtp: SmtpServer, known: MailServer
) -> None:
    smtp.offers_starttls = False
    with pytest.raises((PostUnavailable, LetterRefused)):
        SmtpPost(known).send(LETTER)
    assert [line.split(" ")[0] for line in smtp.said_in_clear if "ehlo" not in line] in (
        [],
        ["QUIT"],
    )
    assert smtp.letters == []


def test_a_server_that_a_stranger_vouches_for_is_told_nothing(
    smtp: SmtpServer, known: MailServer, tmp_path: Path
) -> None:
    stranger = Authority("stranger", tmp_path)
    with pytest.raises(PostUnavailable):
        SmtpPost(replace(known, ca_file=stranger.file)).send(LETTER)
    assert smtp.letters == []


@pytest.mark.parametrize(
    ("answer", "raised"),
    [("550 nobody here", LetterRefused), ("451 later", PostUnavailable)],
)
def test_what_the_server_says_of_a_recipient_is_told_without_the_address(
    smtp: SmtpServer, known: MailServer, answer: str, raised: type[Exception]
) -> None:
    smtp.answers_recipient = answer
    with pytest.raises(raised) as told:
        SmtpPost(known).send(LETTER)
    assert "ada" not in f"{told.value!r} {told.value.__cause__!r}"


def test_a_wrong_password_of_ours_is_no_fault_of_the_letter(known: MailServer) -> None:
    with pytest.raises(PostUnavailable):
        SmtpPost(replace(known, password="of before")).send(LETTER)


def test_a_server_that_is_away_is_tried_again_later(known: MailServer) -> None:
    with pytest.raises(PostUnavailable):
        SmtpPost(replace(known, port=1)).send(LETTER)


def test_an_address_with_a_line_break_sends_nothing(smtp: SmtpServer, known: MailServer) -> None:
    with pytest.raises(LetterRefused) as told:
        SmtpPost(known).send(replace(LETTER, to="ada@example.org\r\nBcc: grace@example.org"))
    assert "ada" not in str(told.value)
    assert smtp.letters == []


def test_a_letter_does_not_show_in_what_is_printed_of_it() -> None:
    assert "ada" not in repr(LETTER)
    assert "fog" not in repr(LETTER)


def test_settings_name_a_mail_server_or_none(tmp_path: Path) -> None:
    assert open_post(Settings(home=tmp_path)) is None
    assert open_post(Settings(home=tmp_path, smtp_host="", smtp_sender="")) is None
    named = Settings(home=tmp_path, smtp_host="mail.example", smtp_sender="studio@example.org")
    assert isinstance(open_post(named), SmtpPost)


def test_settings_that_send_a_password_in_clear_are_refused(tmp_path: Path) -> None:
    named = Settings(home=tmp_path, smtp_host="mail.example", smtp_sender="studio@example.org")
    in_clear = {"smtp_username": "studio", "smtp_security": "none"}
    with pytest.raises(PostUnset, match="SECURITY"):
        open_post(named.model_copy(update=in_clear))
    with pytest.raises(PostUnset, match="SENDER"):
        open_post(named.model_copy(update={"smtp_sender": ""}))
