"""What a mail that came back brings: bounces in the dialects of mail servers, replies, and noise.

``bounces/README.md`` tells which of the files came from a real server; every address is made up.
"""

from __future__ import annotations

from contextlib import suppress
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.mail.errors import NotUnderstood
from notifier.mail.incoming import read_mail
from notifier.records import AttemptState, ChannelName, FailureReason, Receipt, Reply

BOUNCES = Path(__file__).with_name("bounces")
DOMAIN = "bounces.police.test"
REF = "0f9b2c4d5e6f708192a3b4c5d6e7f801"
ADDRESS = "jo@example.org"
BAD_ADDRESS, UNREACHABLE = FailureReason.BAD_ADDRESS, FailureReason.UNREACHABLE
NOT_OURS, UNKNOWN = FailureReason.NOT_OURS, FailureReason.UNKNOWN

FAILED = [
    ("postfix-5.1.1-unknown-user", "5.1.1", BAD_ADDRESS),
    ("postfix-5.2.2-mailbox-full", "5.2.2", UNREACHABLE),
    ("postfix-5.4.4-no-such-domain", "5.4.4", BAD_ADDRESS),
    ("postfix-5.7.1-blocklisted", "5.7.1", NOT_OURS),
    ("postfix-5.7.26-unauthenticated", "5.7.26", NOT_OURS),
    ("postfix-4.2.2-full-given-up", "4.2.2", UNREACHABLE),
    ("postfix-4.4.1-given-up", "4.4.1", UNREACHABLE),
    ("exim-5.1.1-unknown-user", "5.1.1", BAD_ADDRESS),
    ("exim-5.2.2-over-quota", "5.2.2", UNREACHABLE),
    ("exim-5.7.1-spf", "5.7.1", NOT_OURS),
    ("exim-5.7.26-unauthenticated", "5.7.26", NOT_OURS),
    ("exim-550-no-such-user", "550", BAD_ADDRESS),
    ("exim-no-such-domain", "5.1.2", BAD_ADDRESS),
    ("exim-4.2.2-full-given-up", "4.2.2", UNREACHABLE),
    ("exim-own-mailbox-full", "5.2.2", UNREACHABLE),
    ("exim-given-up", "4.4.7", UNREACHABLE),
    ("exim-given-up-at-once", "4.4.1", UNREACHABLE),
    ("exim-text-unknown-user", "5.1.1", BAD_ADDRESS),
    ("exim-text-5.7.1-policy", "5.7.1", NOT_OURS),
]
NOTHING = [
    ("postfix-4.2.0-delayed", "the server tries on"),
    ("exim-delayed", "the server tries on"),
    ("exim-text-delayed", "the server tries on"),
    ("out-of-office", "a program answered"),
    ("out-of-office-by-subject", "a program answered, in Welsh, and says so nowhere else"),
    ("mailing-list-noise", "a mailing list"),
]
FOR_STAFF = [
    ("damaged-cut-off", "no recipient or no action"),
    ("damaged-wrong-boundary", "status is missing"),
]


def bounce(name: str) -> bytes:
    return (BOUNCES / f"{name}.eml").read_bytes()


def test_every_bounce_is_in_a_table() -> None:
    named = {row[0] for table in (FAILED, NOTHING, FOR_STAFF) for row in table}
    assert named == {file.stem for file in BOUNCES.glob("*.eml")}


@pytest.mark.parametrize(("name", "code", "reason"), FAILED, ids=[row[0] for row in FAILED])
def test_what_failed_is_a_receipt(name: str, code: str, reason: FailureReason) -> None:
    expected = Receipt(AttemptState.FAILED, REF, None, code, reason)
    assert read_mail(bounce(name), DOMAIN) == expected
    assert read_mail(bounce(name).replace(b"\n", b"\r\n"), DOMAIN) == expected, "as SMTP brings it"


@pytest.mark.parametrize(("name", "reason"), NOTHING, ids=[row[0] for row in NOTHING])
def test_what_brings_nothing(name: str, reason: str) -> None:
    assert read_mail(bounce(name), DOMAIN) is None, reason


@pytest.mark.parametrize(("name", "words"), FOR_STAFF, ids=[row[0] for row in FOR_STAFF])
def test_what_a_person_must_look_at(name: str, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        read_mail(bounce(name), DOMAIN)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("retry time not reached for any host after a long failure period", "4.4.1"),
        ("something that no table has", "5.0.0"),
    ],
)
def test_what_exim_says_without_a_code(said: str, code: str) -> None:
    receipt = read_mail(bounce("exim-given-up").replace(b"retry timeout exceeded", said.encode()), DOMAIN)
    assert isinstance(receipt, Receipt)
    assert receipt.code == code


def test_what_our_own_message_says_is_no_code() -> None:
    quoted = bounce("exim-given-up").replace(b"There is an update", b"mailbox is full: 550 5.1.1 gone")
    receipt = read_mail(quoted, DOMAIN)
    assert isinstance(receipt, Receipt)
    assert receipt.code == "4.4.7"


def test_a_bounce_that_lost_its_address_is_found_by_what_it_quotes() -> None:
    elsewhere = bounce("exim-5.1.1-unknown-user").replace(
        f"bounces+{REF}@{DOMAIN}".encode(), b"postmaster@police.test"
    )
    receipt = read_mail(elsewhere, DOMAIN)
    assert isinstance(receipt, Receipt)
    assert receipt.attempt_ref == REF


def test_a_bounce_about_nobody_of_ours_is_for_staff() -> None:
    with pytest.raises(NotUnderstood, match="no message of ours"):
        read_mail(bounce("exim-5.1.1-unknown-user"), "another.test")


def reply(words: str = "Please call me.", /, **headers: str | None) -> EmailMessage:
    """Return a mail as a person's mail program writes it; ``None`` takes a header away."""
    mail = EmailMessage()
    written = {
        "Return-Path": f"<{ADDRESS}>",
        "From": f"Jo Bloggs <{ADDRESS}>",
        "To": f"replies+{REF}@{DOMAIN}",
        "Subject": "Re: An update",
        "Date": "Wed, 01 Apr 2026 09:30:00 +0100",
        "Message-ID": "<1@example.org>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in written.items():
        if value is not None:
            mail[name] = value
    mail.set_content(words)
    return mail


def heard(mail: EmailMessage | bytes) -> Reply:
    brought = read_mail(mail if isinstance(mail, bytes) else mail.as_bytes(), DOMAIN)
    assert isinstance(brought, Reply)
    return brought


def test_a_reply_is_who_sent_it_what_she_wrote_and_to_what() -> None:
    found = heard(reply())
    assert (found.channel, found.address, found.text) == (ChannelName.EMAIL, ADDRESS, "Please call me.")
    assert found.attempt_ref == REF


PEOPLE: list[tuple[dict[str, str | None], str]] = [
    ({"To": "avon@police.test", "Delivered_To": f"replies+{REF}@{DOMAIN}"}, "by the envelope"),
    ({"To": f"Avon <Replies+{REF}@{DOMAIN.upper()}>"}, "by To, however it is written"),
    ({"To": "x@police.test", "In_Reply_To": f"<notice+{REF}@{DOMAIN}>"}, "by the thread"),
    ({"To": f"bounces+{REF}@{DOMAIN}"}, "a mail program that answers the return path"),
    ({"Auto_Submitted": "no"}, "said to be no automatic one"),
    ({"Subject": "Re: Out of office hours?"}, "a person's subject"),
    ({"Return_Path": None}, "no return path"),
]


@pytest.mark.parametrize(("headers", "reason"), PEOPLE, ids=[row[1] for row in PEOPLE])
def test_a_person_is_heard(headers: dict[str, str | None], reason: str) -> None:
    assert heard(reply(**headers)).attempt_ref == REF, reason


PROGRAMS: list[dict[str, str | None]] = [
    {"Auto_Submitted": "auto-replied (vacation)"},
    {"Auto_Submitted": "auto-generated; owner=x"},
    {"Precedence": "bulk"},
    {"Precedence": "Auto_Reply"},
    {"X_Autoreply": "yes"},
    {"X_Autorespond": ""},
    {"List_Id": "<village.lists.example.org>"},
    {"Subject": "Automatic reply: An update"},
    {"Subject": "Out of Office: An update"},
    {"Subject": "Ateb awtomatig: Diweddariad"},
]


@pytest.mark.parametrize("headers", PROGRAMS, ids=str)
@pytest.mark.parametrize("door", ["replies", "bounces"])
def test_an_automatic_answer_is_no_bounce_and_no_reply(headers: dict[str, str | None], door: str) -> None:
    mail = reply("I am away. Your mail <x@y.test> failed to move me.", To=f"{door}+{REF}@{DOMAIN}", **headers)
    assert read_mail(mail.as_bytes(), DOMAIN) is None


def test_a_read_receipt_is_no_reply() -> None:
    mail = reply()
    mail.make_mixed()
    mail.set_type("multipart/report")
    mail.set_param("report-type", "disposition-notification")
    assert read_mail(mail.as_bytes(), DOMAIN) is None


NOT_HEARD: list[tuple[dict[str, str | None], str]] = [
    ({"From": None}, "does not say who sent it"),
    ({"From": "undisclosed"}, "does not say who sent it"),
    ({"To": "somebody@police.test"}, "names no message of ours"),
    ({"Return_Path": "<>"}, "a mail server wrote"),
    ({"From": f"MAILER-DAEMON@{DOMAIN}"}, "a mail server wrote"),
]


@pytest.mark.parametrize(("headers", "words"), NOT_HEARD, ids=str)
def test_what_is_no_reply_that_could_be_kept(headers: dict[str, str | None], words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        read_mail(reply(**headers).as_bytes(), DOMAIN)


def test_a_reply_that_comes_again_is_known_by_its_identity() -> None:
    first = heard(reply())
    again = heard(reply(Delivered_To=f"replies+{REF}@{DOMAIN}", Received="by a second way; today"))
    assert first.provider_id == again.provider_id


OTHERS = [
    (reply("Yes."), "other words under the same Message-ID"),
    (reply(Message_ID="<2@example.org>"), "the same words once more"),
    (reply(To=f"replies+another@{DOMAIN}"), "about another message"),
    (reply(Message_ID=None, Date="Thu, 02 Apr 2026 09:30:00 +0100"), "no Message-ID, another day"),
]


@pytest.mark.parametrize(("other", "reason"), OTHERS, ids=[row[1] for row in OTHERS])
def test_two_replies_are_never_taken_for_one(other: EmailMessage, reason: str) -> None:
    assert heard(reply()).provider_id != heard(other).provider_id, reason


def test_a_mail_that_a_person_attached_is_not_hers() -> None:
    mail = reply("This came to me.")
    mail.make_mixed()
    attached = EmailMessage()
    attached.set_content("I will find you.")
    mail.attach(MIMEMessage(attached))  # type: ignore[arg-type]  # the older kind of part is one all the same
    assert heard(mail.as_bytes()).text == "This came to me."


def test_staff_are_told_of_what_the_text_does_not_show() -> None:
    mail = reply("Look at this.")
    mail.add_attachment(b"jpeg", maintype="image", subtype="jpeg", filename="photo.jpg")
    assert heard(mail).text == "Look at this.\n[attached, and not shown here: 1]"


def test_a_bounce_that_a_person_attached_is_no_bounce() -> None:
    mail = reply("What is this?")
    mail.add_attachment(bounce("postfix-5.1.1-unknown-user"), maintype="message", subtype="x", filename="a")
    assert heard(mail).text.startswith("What is this?")


def test_a_giant_is_cut() -> None:
    assert len(heard(reply("word " * 50_000)).text) <= 20_000


def test_a_mail_nested_too_deep_is_for_staff() -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    )
    with pytest.raises(NotUnderstood):
        read_mail(f"To: replies+{REF}@{DOMAIN}\nFrom: {ADDRESS}\n".encode() + nested, DOMAIN)


def read_or_refuse(raw: bytes) -> None:
    """Read a mail; nothing but ``NotUnderstood`` may come out."""
    with suppress(NotUnderstood):
        read_mail(raw, DOMAIN)


WHOLE = [*sorted(file.read_bytes() for file in BOUNCES.glob("*.eml")), reply().as_bytes()]
BYTES = st.sampled_from(
    [b"", b"\0", b"\xff", b"=?x?b?\xe4?=", b"\n\n", b"\r", b": ", b"--", b'"', b";", b"="]
)


@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), BYTES), max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_damaged_mail_is_read_or_refused(raw: bytes, cuts: list[tuple[float, int, bytes]]) -> None:
    for place, length, put_in in cuts:
        start = int(place * len(raw))
        raw = raw[:start] + put_in + raw[start + length :]
    read_or_refuse(raw)


@given(st.binary(max_size=500))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    read_or_refuse(raw)
    read_or_refuse(f"To: replies+{REF}@{DOMAIN}\nFrom: {ADDRESS}\n".encode() + raw)
