"""The email channel against the local SMTP peer, over real sockets."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pypdf import PdfReader

from notifier.channels.base import find_channels
from notifier.channels.email_smtp import EmailSmtp, sign_bounce
from notifier.errors import SettingsError
from notifier.peers.smtp import (
    ACCEPT,
    DROP,
    DROP_EARLY,
    FULL,
    HANG,
    Behaviour,
    SmtpPeer,
    bounce,
    defer,
    delayed,
    refuse,
    refuse_content,
)
from notifier.records import (
    AttemptState,
    ChannelName,
    FailureReason,
    Form,
    LeafletText,
    Message,
    Receipt,
    ReceiptRequest,
    Rendered,
)
from tests.channels.test_sms_twilio import Door

SECRET = "a-secret-key-of-more-than-32-characters"
REF = "0f9b2c4d5e6f708192a3b4c5d6e7f801"
ADDRESS = "jo@example.org"
NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
WAIT = 20.0  # seconds; only a hung test waits so long

ACCEPTED, DEFERRED = AttemptState.ACCEPTED, AttemptState.DEFERRED
FAILED, UNKNOWN = AttemptState.FAILED, AttemptState.UNKNOWN
RENDERED = Rendered(Form.MAIL, "cy", "Mae newyddion: tŷ.\n", "Newyddion – tŷ", "<p>Mae newyddion: tŷ.</p>\n")


def message(address: str = ADDRESS, **changes: Any) -> Message:
    base = Message(REF, ChannelName.EMAIL, address, "Jo Bloggs", RENDERED, NOW)
    return replace(base, **changes)


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as running:
        yield running


@pytest.fixture
def behaviours() -> dict[str, Behaviour]:
    """What the peer does by address; a test writes into it."""
    return {}


StartPeer = Callable[..., SmtpPeer]


@pytest.fixture
def start_peer(behaviours: dict[str, Behaviour], door: Door) -> Iterator[StartPeer]:
    with ExitStack() as running:

        def start(**options: Any) -> SmtpPeer:
            peer = SmtpPeer(
                bounce_url=f"{door.url}/receipts/email",
                secret=SECRET,
                behaviour=lambda address: behaviours.get(address, ACCEPT),
                **options,
            )
            return running.enter_context(peer)

        yield start


@pytest.fixture
def peer(start_peer: StartPeer) -> SmtpPeer:
    return start_peer()


Setup = Callable[..., EmailSmtp]


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, start_peer: StartPeer) -> Iterator[Setup]:
    """Make a channel with good settings and the changes given; ``None`` takes a setting away."""
    monkeypatch.chdir(tmp_path)  # no .env
    made: list[EmailSmtp] = []

    def with_settings(peer: SmtpPeer, **changes: str | None) -> EmailSmtp:
        settings: Mapping[str, str | None] = {
            "SMTP_HOST": peer.host,
            "SMTP_PORT": str(peer.port),
            "SMTP_TLS": "none",
            "SMTP_TIMEOUT_SECONDS": str(WAIT),
            "MAIL_FROM": "Avon Police <updates@police.test>",
            "SECRET_KEY": SECRET,
            **changes,
        }
        for name, value in settings.items():
            monkeypatch.delenv(f"NOTIFIER_{name}", raising=False)
            if value is not None:
                monkeypatch.setenv(f"NOTIFIER_{name}", value)
        made.append(EmailSmtp())
        return made[-1]

    yield with_settings
    for channel in made:
        channel.close()


@pytest.fixture
def channel(set_up: Setup, peer: SmtpPeer) -> EmailSmtp:
    return set_up(peer)


def test_it_is_the_channel_for_email() -> None:
    assert find_channels()[ChannelName.EMAIL] is EmailSmtp


def test_accepted(channel: EmailSmtp, peer: SmtpPeer) -> None:
    result = channel.send(message())
    [stored] = peer.messages
    assert (result.state, result.provider_id) == (ACCEPTED, stored.message_id)
    assert (result.code, result.reason) == (None, None)
    assert (stored.recipient, stored.sender) == (ADDRESS, f"bounces+{REF}@police.test")


def test_what_the_mail_says(channel: EmailSmtp, peer: SmtpPeer) -> None:
    channel.send(message())
    mail = peer.messages[0].parsed
    assert mail["From"] == "Avon Police <updates@police.test>"
    assert mail["To"] == ADDRESS, "no name: it may be a mailbox that others see"
    assert mail["Subject"] == "Newyddion – tŷ"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "cy"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().splitlines() == ["Mae newyddion: tŷ."]
    assert html.get_content().splitlines() == ["<p>Mae newyddion: tŷ.</p>"]
    assert mail.get_content_type() == "multipart/alternative"
    assert peer.messages[0].raw.isascii()


def test_mails_share_nothing_in_which_they_differ(channel: EmailSmtp, peer: SmtpPeer) -> None:
    for number, language in enumerate(("cy", "en", "cy")):
        rendered = replace(RENDERED, language=language, text=f"News {number}.\n--=_{REF}--\n")
        channel.send(message(f"jo{number}@mail.test", rendered=rendered, attempt_ref=f"{REF}{number}"))
    mails = [stored.parsed for stored in peer.messages]
    assert [mail["Content-Language"] for mail in mails] == ["cy", "en", "cy"]
    assert [mail["To"] for mail in mails] == [f"jo{number}@mail.test" for number in range(3)]
    assert len({mail.get_boundary() for mail in mails}) == 3
    texts = [next(mail.iter_parts()).get_content().splitlines() for mail in mails]
    assert texts == [[f"News {number}.", f"--=_{REF}--"] for number in range(3)]


def test_without_html_it_is_plain(channel: EmailSmtp, peer: SmtpPeer) -> None:
    channel.send(message(rendered=replace(RENDERED, html=None)))
    mail = peer.messages[0].parsed
    assert (mail.get_content_type(), mail["Content-Language"]) == ("text/plain", "cy")


LEAFLETS = (
    LeafletText("taflen-1.pdf", "Help ar ôl trosedd", ("Gallwch ffonio.",)),
    LeafletText("taflen-2.pdf", "Mwy o help", ("- gartref\n- yn y tŷ",)),
)


def test_leaflets_are_attached(channel: EmailSmtp, peer: SmtpPeer) -> None:
    assert channel.send(message(rendered=replace(RENDERED, leaflets=LEAFLETS))).state is ACCEPTED
    mail = peer.messages[0].parsed
    assert mail.get_content_type() == "multipart/mixed"
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["Mae newyddion: tŷ."]
    attached = list(mail.iter_attachments())
    assert [part.get_filename() for part in attached] == ["taflen-1.pdf", "taflen-2.pdf"]
    assert {part.get_content_type() for part in attached} == {"application/pdf"}
    read = [PdfReader(BytesIO(part.get_content())) for part in attached]
    assert [reader.metadata and reader.metadata.title for reader in read] == [
        "Help ar ôl trosedd",
        "Mwy o help",
    ]
    assert "yn y tŷ" in read[1].pages[0].extract_text()


def test_a_leaflet_is_as_large_as_the_person_needs(channel: EmailSmtp, peer: SmtpPeer) -> None:
    channel.send(message(rendered=replace(RENDERED, format="large_print", leaflets=LEAFLETS[:1])))
    [part] = peer.messages[0].parsed.iter_attachments()
    sizes: set[float] = set()
    page = PdfReader(BytesIO(part.get_content())).pages[0]
    page.extract_text(
        visitor_text=lambda text, _user, _run, _font, size: sizes.add(size) if text.strip() else None
    )
    assert min(sizes) == 18


def test_a_mail_without_its_leaflet_does_not_go(channel: EmailSmtp, peer: SmtpPeer) -> None:
    unprintable = LeafletText("leaflet-1.pdf", "Help", ("\U0001f600",))
    result = channel.send(message(rendered=replace(RENDERED, leaflets=(unprintable,))))
    assert (result.state, result.reason) == (FAILED, FailureReason.UNPRINTABLE)
    assert peer.messages == []


TEXTS = [
    ("A.\n.\nB.\n", "a lone dot ends a message"),
    (".hidden\n..twice\n", "dots that begin a line"),
    ("x" * 2000 + "\n", "a line longer than SMTP allows"),
    ("a\r\n.\r\nQUIT\r\n", "an end of text smuggled in"),
    ("a\r.\rb\n", "bare carriage returns"),
]


@pytest.mark.parametrize(("text", "reason"), TEXTS, ids=[reason for _, reason in TEXTS])
def test_a_text_comes_whole(channel: EmailSmtp, peer: SmtpPeer, text: str, reason: str) -> None:
    assert channel.send(message(rendered=Rendered(Form.MAIL, "en", text, "News"))).state is ACCEPTED
    [stored] = peer.messages
    assert stored.parsed.get_content().split() == text.split(), reason
    assert max(map(len, stored.raw.split(b"\r\n"))) <= 998


def test_a_repeat_is_recognisable(channel: EmailSmtp, peer: SmtpPeer) -> None:
    channel.send(message())
    channel.send(message())
    channel.send(message(attempt_ref="another"))
    first, repeat, other = (stored.message_id for stored in peer.messages)
    assert first == repeat != other


SENDERS = [
    ({}, False, "Avon Police <updates@police.test>", "the usual sender"),
    ({}, True, "updates@police.test", "discreet: the name would tell"),
    ({"MAIL_NEUTRAL_FROM": "Updates <hello@news.test>"}, True, "Updates <hello@news.test>", "a neutral one"),
    ({"MAIL_NEUTRAL_FROM": "hello@news.test"}, False, "Avon Police <updates@police.test>", "not for others"),
    ({"MAIL_FROM": "updates@police.test"}, False, "updates@police.test", "without a name"),
]


@pytest.mark.parametrize(("changes", "neutral", "sender", "reason"), SENDERS)
def test_senders(
    set_up: Setup, peer: SmtpPeer, changes: dict[str, str], neutral: bool, sender: str, reason: str
) -> None:
    set_up(peer, **changes).send(message(neutral_sender=neutral))
    assert peer.messages[0].parsed["From"] == sender, reason


def test_bounces_may_have_a_domain_of_their_own(set_up: Setup, peer: SmtpPeer) -> None:
    set_up(peer, BOUNCE_DOMAIN="bounces.police.test").send(message())
    [stored] = peer.messages
    assert stored.sender == f"bounces+{REF}@bounces.police.test"
    assert stored.message_id.endswith("@bounces.police.test>")


SUBJECTS = [
    ("News\r\nBcc: thief@example.org", "a header smuggled in"),
    ("News\nBcc: thief@example.org", "by a line feed alone"),
    ("News\r\n\r\n<p>Bcc: thief@example.org", "the body begun early"),
    ("News\u2028Bcc: thief@example.org", "Unicode's own line end"),
    ("News\x00\x0bBcc: thief@example.org", "control characters"),
]


@pytest.mark.parametrize(("subject", "reason"), SUBJECTS, ids=[reason for _, reason in SUBJECTS])
def test_a_subject_stays_one_header(channel: EmailSmtp, peer: SmtpPeer, subject: str, reason: str) -> None:
    assert channel.send(message(rendered=replace(RENDERED, subject=subject))).state is ACCEPTED
    [stored] = peer.messages
    assert stored.parsed["Bcc"] is None, reason
    assert stored.parsed["Subject"].split() == subject.replace("\x00", " ").split()
    assert stored.recipient == ADDRESS


ADDRESSES = [
    "jo@example.org\r\nDATA",
    "jo@example.org>\r\nRCPT TO:<thief@example.org",
    "jo@example.org, thief@example.org",
    "<jo@example.org>",
    "jo @example.org",
    "jo@exa\x00mple.org",
    "jo@example.org SIZE=1",
    '"jo"@example.org',
    "jo",
    "",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_one_address(channel: EmailSmtp, peer: SmtpPeer, address: str) -> None:
    result = channel.send(message(address))
    assert (result.state, result.code, result.reason) == (FAILED, "malformed", FailureReason.BAD_ADDRESS)
    assert (peer.messages, peer.connections) == ([], 0)


def test_an_address_beyond_ascii(channel: EmailSmtp, peer: SmtpPeer) -> None:
    assert channel.send(message("siân@example.org")).state is ACCEPTED
    [stored] = peer.messages
    assert stored.recipient == "siân@example.org"
    assert stored.parsed["To"] == "siân@example.org"


def test_an_address_beyond_ascii_where_the_server_takes_none(set_up: Setup, start_peer: StartPeer) -> None:
    peer = start_peer(utf8=False)
    channel = set_up(peer)
    result = channel.send(message("siân@example.org"))
    assert (result.state, result.code, result.reason) == (FAILED, "5.6.7", FailureReason.BAD_ADDRESS)
    assert channel.send(message()).state is ACCEPTED
    assert peer.connections == 1


ANSWERS = [
    (refuse("5.1.1"), FAILED, "5.1.1", FailureReason.BAD_ADDRESS, "no such mailbox"),
    (refuse("5.1.10"), FAILED, "5.1.10", FailureReason.BAD_ADDRESS, "the domain takes no mail"),
    (refuse("5.2.2"), FAILED, "5.2.2", FailureReason.UNREACHABLE, "full, for good"),
    (refuse("5.7.1"), FAILED, "5.7.1", FailureReason.NOT_OURS, "we are not trusted: her address is fine"),
    (refuse("5.7.13"), FAILED, "5.7.13", FailureReason.BAD_ADDRESS, "a policy about the mailbox itself"),
    (refuse("5.7.26"), FAILED, "5.7.26", FailureReason.NOT_OURS, "our domain proves nothing"),
    (refuse("5.9.9"), FAILED, "5.9.9", FailureReason.UNKNOWN, "a code that the table does not have"),
    (Behaviour(refusal="550 gone"), FAILED, "550", FailureReason.BAD_ADDRESS, "a bare code"),
    (Behaviour(refusal="599 5.1"), FAILED, "599", FailureReason.UNKNOWN, "a bare code unheard of"),
    (FULL, DEFERRED, "4.2.2", FailureReason.UNREACHABLE, "full, for now"),
    (Behaviour(refusal="450 busy"), DEFERRED, "450", FailureReason.UNREACHABLE, "a bare code"),
    (Behaviour(refusal="421 4.3.2 bye"), DEFERRED, "4.3.2", FailureReason.PROVIDER, "the server closes"),
    (refuse_content("5.7.1"), FAILED, "5.7.1", FailureReason.NOT_OURS, "the text taken for spam"),
    (refuse_content("5.6.0"), FAILED, "5.6.0", FailureReason.REJECTED_CONTENT, "the text not understood"),
    (Behaviour(content_refusal="451 4.3.0 later"), DEFERRED, "4.3.0", FailureReason.PROVIDER, "later"),
    (Behaviour(refusal="650 eh"), DEFERRED, "650", FailureReason.PROVIDER, "no SMTP, before the text"),
    (Behaviour(content_refusal="650 eh"), UNKNOWN, "650", FailureReason.PROVIDER, "no SMTP, after the text"),
    (DROP_EARLY, DEFERRED, "no_connection", FailureReason.PROVIDER, "lost before the text"),
    (DROP, UNKNOWN, "no_answer", FailureReason.PROVIDER, "lost after the text: it may have gone out"),
]


@pytest.mark.parametrize(
    ("behaviour", "state", "code", "why", "reason"), ANSWERS, ids=[f"{row[2]} {row[4]}" for row in ANSWERS]
)
def test_answers(
    channel: EmailSmtp,
    behaviours: dict[str, Behaviour],
    behaviour: Behaviour,
    state: AttemptState,
    code: str,
    why: FailureReason,
    reason: str,
) -> None:
    behaviours[ADDRESS] = behaviour
    result = channel.send(message())
    assert (result.state, result.code, result.reason, result.provider_id) == (state, code, why, None), reason
    assert channel.send(message("other@example.org")).state is ACCEPTED, "the next one is not harmed"


def test_no_answer_to_the_text_is_unknown(
    set_up: Setup, peer: SmtpPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[ADDRESS] = HANG
    channel = set_up(peer, SMTP_TIMEOUT_SECONDS="0.2")
    result = channel.send(message())
    assert (result.state, result.code, result.reason) == (UNKNOWN, "no_answer", FailureReason.PROVIDER)
    assert len(peer.messages) == 1, "sent once: never a blind resend"
    assert channel.look_up(message()).state is UNKNOWN


def test_deferred_may_be_tried_again(
    channel: EmailSmtp, peer: SmtpPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[ADDRESS] = defer(2)
    results = [channel.send(message()) for _ in range(3)]
    assert [result.state for result in results] == [DEFERRED, DEFERRED, ACCEPTED]
    assert (results[0].code, results[0].reason) == ("4.7.1", FailureReason.UNREACHABLE)
    assert (len(peer.messages), peer.connections) == (1, 1)


def test_nobody_listens(set_up: Setup, peer: SmtpPeer) -> None:
    channel = set_up(peer, SMTP_PORT="1")
    result = channel.send(message())
    assert (result.state, result.code, result.reason) == (
        DEFERRED,
        "no_connection",
        FailureReason.PROVIDER,
    )
    said = channel.check()
    assert said is not None
    assert "NOTIFIER_SMTP_PORT" in said


def test_connections_are_kept(channel: EmailSmtp, peer: SmtpPeer) -> None:
    for _ in range(20):
        assert channel.send(message()).state is ACCEPTED
    assert (len(peer.messages), peer.connections) == (20, 1)


def test_many_threads_send_at_once(set_up: Setup, peer: SmtpPeer) -> None:
    channel = set_up(peer, SMTP_CONNECTIONS="4")
    refs = [f"attempt{n}" for n in range(200)]
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda ref: channel.send(message(attempt_ref=ref)), refs))
    assert {result.state for result in results} == {ACCEPTED}
    assert sorted(stored.sender for stored in peer.messages) == sorted(
        f"bounces+{ref}@police.test" for ref in refs
    )
    assert peer.connections <= 4


def test_a_connection_that_died_while_idle_is_replaced(channel: EmailSmtp, peer: SmtpPeer) -> None:
    for _ in range(3):
        assert channel.send(message()).state is ACCEPTED
        peer.cut_connections()
    assert (len(peer.messages), peer.connections) == (3, 3)


def test_a_connection_that_the_server_has_had_enough_of_is_replaced(
    set_up: Setup, start_peer: StartPeer
) -> None:
    peer = start_peer(messages_each=2)
    channel = set_up(peer)
    assert {channel.send(message()).state for _ in range(5)} == {ACCEPTED}
    assert (len(peer.messages), peer.connections) == (5, 3)


def test_a_new_connection_that_is_refused_is_not_tried_for_ever(set_up: Setup, start_peer: StartPeer) -> None:
    peer = start_peer(messages_each=0)
    result = set_up(peer).send(message())
    assert (result.state, result.code, peer.connections) == (DEFERRED, "4.7.0", 1)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.peer.test")])
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "peer.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def tls_peer(start_peer: StartPeer, certificate: Path) -> SmtpPeer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return start_peer(tls=context, login=("notifier", "made-up-password"))


LOGIN = {"SMTP_TLS": "starttls", "SMTP_USERNAME": "notifier", "SMTP_PASSWORD": "made-up-password"}


def test_with_tls_and_login(
    set_up: Setup, tls_peer: SmtpPeer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    channel = set_up(tls_peer, **LOGIN)
    assert channel.check() is None
    assert channel.send(message()).state is ACCEPTED
    assert len(tls_peer.messages) == 1


NO_SESSION = [
    ({}, "NOTIFIER_SMTP_TLS", "no_session", "a certificate that nobody vouches for"),
    ({"SMTP_TLS": "tls"}, "NOTIFIER_SMTP_TLS", "no_session", "TLS where STARTTLS is offered"),
    ({"SMTP_PASSWORD": "wrong"}, "NOTIFIER_SMTP_PASSWORD", "5.7.8", "a wrong password"),
    ({"SMTP_USERNAME": None, "SMTP_PASSWORD": None}, None, "5.7.0", "no login where one is needed"),
]


@pytest.mark.parametrize(
    ("changes", "named", "code", "reason"), NO_SESSION, ids=[row[3] for row in NO_SESSION]
)
def test_a_session_that_fails_is_our_fault_not_the_addresses(
    set_up: Setup,
    tls_peer: SmtpPeer,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str | None],
    named: str | None,
    code: str,
    reason: str,
) -> None:
    if code != "no_session":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    channel = set_up(tls_peer, **{**LOGIN, **changes})
    result = channel.send(message())
    assert (result.state, result.code, result.reason) == (FAILED, code, FailureReason.NOT_OURS), reason
    said = channel.check()
    assert (said is None) == (named is None), "no login: only a message shows it"
    assert named is None or named in str(said)
    assert tls_peer.messages == []


@pytest.mark.parametrize("changes", [{"SMTP_TLS": "starttls"}, {**LOGIN, "SMTP_TLS": "none"}])
def test_a_server_without_tls_or_login(set_up: Setup, peer: SmtpPeer, changes: dict[str, str]) -> None:
    channel = set_up(peer, **changes)
    result = channel.send(message())
    assert (result.state, result.code, result.reason) == (FAILED, "no_session", FailureReason.NOT_OURS)
    assert "NOTIFIER_SMTP_TLS" in str(channel.check())
    assert peer.messages == [], "never in the clear where TLS is asked for"


def receipts_of(channel: EmailSmtp, peer: SmtpPeer, door: Door) -> list[ReceiptRequest]:
    """Send one message and return what the peer posted about it."""
    assert channel.send(message()).state is ACCEPTED
    assert peer.wait_until_idle(WAIT)
    return door.requests


BOUNCES = [
    ("5.1.1", FailureReason.BAD_ADDRESS, "no such mailbox"),
    ("5.2.2", FailureReason.UNREACHABLE, "mailbox full"),
    ("5.7.1", FailureReason.NOT_OURS, "we are not trusted"),
    ("4.4.7", FailureReason.UNREACHABLE, "tried for days in vain"),
    ("5.9.9", FailureReason.UNKNOWN, "a code that the table does not have"),
]


@pytest.mark.parametrize(("code", "why", "reason"), BOUNCES)
def test_a_bounce_finds_its_attempt(
    channel: EmailSmtp,
    peer: SmtpPeer,
    door: Door,
    behaviours: dict[str, Behaviour],
    code: str,
    why: FailureReason,
    reason: str,
) -> None:
    behaviours[ADDRESS] = bounce(code)
    [request] = receipts_of(channel, peer, door)
    assert channel.verify_receipt(request)
    assert channel.parse_receipt(request) == [Receipt(FAILED, REF, None, code, why)], reason


def test_a_delay_is_not_a_failure(
    channel: EmailSmtp, peer: SmtpPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[ADDRESS] = delayed("4.4.1")
    [request] = receipts_of(channel, peer, door)
    assert channel.parse_receipt(request) == []


def test_any_reference_comes_back_whole(
    channel: EmailSmtp, peer: SmtpPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[ADDRESS] = bounce("5.1.1")
    channel.send(message(attempt_ref="a/7&b"))
    assert peer.wait_until_idle(WAIT)
    [receipt] = channel.parse_receipt(door.requests[0])
    assert receipt.attempt_ref == "a/7&b"


EXIM = f"""\
From: Mail Delivery System <Mailer-Daemon@police.test>
To: bounces+{REF}@police.test
Subject: Mail delivery failed: returning message to sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

A message that you sent could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.police.test

Action: failed
Final-Recipient: rfc822;jo@example.org
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 <jo@example.org>: user unknown

--b--
"""
QMAIL = f"""\
From: MAILER-DAEMON@mx.example.org
To: bounces+{REF}@police.test
Subject: failure notice

Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<jo@example.org>:
Sorry, no mailbox here by that name.

--- Below this line is a copy of the message.
"""
ONLY_THE_ORIGINAL = EXIM.replace(f"To: bounces+{REF}", "To: postmaster").replace(
    "--b--", f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <notice+{REF}@police.test>\n\n--b--"
)
DIALECTS = [
    (EXIM, "5.1.1", FailureReason.BAD_ADDRESS, "Exim: a vague status, a telling diagnosis"),
    (EXIM.replace(" 5.1.1 ", " "), "550", FailureReason.BAD_ADDRESS, "a bare code in the diagnosis"),
    (EXIM.replace("Diagnostic-Code", "X"), "5.0.0", FailureReason.UNKNOWN, "nothing telling"),
    (EXIM.replace("Status", "X").replace("Diagnostic-Code", "Y"), None, FailureReason.UNKNOWN, "no code"),
    (EXIM.replace("Action: failed", "Action: error"), "5.1.1", FailureReason.BAD_ADDRESS, "OpenSMTPD"),
    (ONLY_THE_ORIGINAL, "5.1.1", FailureReason.BAD_ADDRESS, "found by the original's Message-ID"),
    (QMAIL, None, FailureReason.UNKNOWN, "qmail: no report at all"),
]


def posted(text: str) -> ReceiptRequest:
    return ReceiptRequest("https://n.example/receipts/email", {}, text.replace("\n", "\r\n").encode())


@pytest.mark.parametrize(("text", "code", "why", "reason"), DIALECTS, ids=[row[3] for row in DIALECTS])
def test_dialects(channel: EmailSmtp, text: str, code: str | None, why: FailureReason, reason: str) -> None:
    assert channel.parse_receipt(posted(text)) == [Receipt(FAILED, REF, None, code, why)], reason


HARMLESS = [
    (
        QMAIL[: QMAIL.index("Hi.")].replace("failure notice", "Out of office: back soon") + "Until Monday.\n",
        "a holiday answer",
    ),
    (EXIM.replace("Action: failed", "Action: relayed"), "handed on to a server that reports nothing"),
]


@pytest.mark.parametrize(("text", "reason"), HARMLESS, ids=[reason for _, reason in HARMLESS])
def test_what_is_no_failure(channel: EmailSmtp, text: str, reason: str) -> None:
    assert channel.parse_receipt(posted(text)) == [], reason


MALFORMED = [
    ("", "empty"),
    ("\x00\xff\n\n", "no mail"),
    (f"To: bounces+{REF}@police.test\n\nFrom nobody.\n", "no sender, which the heuristics trip over"),
    (EXIM.replace(REF, ""), "no attempt"),
    (EXIM.replace("@police.test", "@elsewhere.test"), "another one's domain"),
    (EXIM.replace("Final-Recipient", "X"), "a report about nobody"),
    (EXIM.replace("Action", "X"), "a report that says nothing"),
]


@pytest.mark.parametrize(("text", "reason"), MALFORMED, ids=[reason for _, reason in MALFORMED])
def test_a_malformed_bounce(channel: EmailSmtp, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"bounce|mail"):
        channel.parse_receipt(posted(text))


REPLY = f"""\
From: Jo Bloggs <{ADDRESS}>
To: replies+{REF}@police.test
Subject: Re: News
Message-ID: <1@example.org>

Please call me.
"""


def test_a_reply_is_heard_and_is_no_bounce(channel: EmailSmtp) -> None:
    [reply] = channel.parse_reply(posted(REPLY))
    assert (reply.channel, reply.address, reply.text) == (ChannelName.EMAIL, ADDRESS, "Please call me.")
    assert reply.attempt_ref == REF
    assert channel.parse_receipt(posted(REPLY)) == []
    assert channel.parse_reply(posted(EXIM)) == []


MAIL_IN: list[tuple[dict[str, str | None], str | None, str]] = [
    ({}, None, "nobody would read the reply"),
    ({"BOUNCE_DOMAIN": "b.police.test"}, None, "nor here: the bounces are posted"),
    (
        {"BOUNCE_DOMAIN": "b.police.test", "MAIL_IN_PORT": "2525"},
        f"replies+{REF}@b.police.test",
        "a port of our own",
    ),
    (
        {
            "BOUNCE_DOMAIN": "b.police.test",
            "IMAP_HOST": "imap.police.test",
            "IMAP_USERNAME": "notifier",
            "IMAP_PASSWORD": "made-up-password",
        },
        f"replies+{REF}@b.police.test",
        "a mailbox",
    ),
]


@pytest.mark.parametrize(("changes", "reply_to", "reason"), MAIL_IN, ids=[row[2] for row in MAIL_IN])
def test_replies_come_to_us_where_mail_is_read(
    set_up: Setup, peer: SmtpPeer, changes: dict[str, str | None], reply_to: str | None, reason: str
) -> None:
    set_up(peer, **changes).send(message())
    assert peer.messages[0].parsed["Reply-To"] == reply_to, reason


DISCREET: list[tuple[str, bool, str]] = [
    ("news.test", True, "the sender's own domain"),
    ("b.news.test", True, "below it"),
    ("police.test", False, "another one, which tells who writes"),
    ("othernews.test", False, "one that only ends so"),
]


@pytest.mark.parametrize(("domain", "asked", "reason"), DISCREET, ids=[row[0] for row in DISCREET])
def test_a_discreet_mail_asks_for_an_answer_only_where_that_tells_nothing_more(
    set_up: Setup, peer: SmtpPeer, domain: str, asked: bool, reason: str
) -> None:
    settings = {"BOUNCE_DOMAIN": domain, "MAIL_IN_PORT": "2525", "MAIL_NEUTRAL_FROM": "hello@news.test"}
    channel = set_up(peer, **settings)
    channel.send(message(neutral_sender=True))
    channel.send(message())
    discreet, ordinary = (stored.parsed["Reply-To"] for stored in peer.messages)
    assert (discreet is not None) == asked, reason
    assert ordinary == f"replies+{REF}@{domain}"


Change = Callable[[ReceiptRequest], ReceiptRequest]
FORGED: list[tuple[str, Change]] = [
    ("no signature", lambda good: replace(good, headers={})),
    ("an empty one", lambda good: replace(good, headers={"X-Notifier-Signature": ""})),
    ("not hex", lambda good: replace(good, headers={"X-Notifier-Signature": "é" * 64})),
    ("another body", lambda good: replace(good, body=good.body + b" ")),
    (
        "another key",
        lambda good: replace(good, headers={"X-Notifier-Signature": sign_bounce(good.body, "other")}),
    ),
]


@pytest.mark.parametrize(("what", "change"), FORGED, ids=[what for what, _ in FORGED])
def test_a_forged_bounce_is_not_trusted(channel: EmailSmtp, what: str, change: Change) -> None:
    body = EXIM.encode()
    good = ReceiptRequest("https://n.example/", {"X-Notifier-Signature": sign_bounce(body, SECRET)}, body)
    assert channel.verify_receipt(good)
    assert channel.verify_receipt(
        replace(good, headers={"x-notifier-signature": good.headers["X-Notifier-Signature"]})
    )
    assert not channel.verify_receipt(change(good)), what


def test_without_good_settings_nobody_is_trusted(set_up: Setup, peer: SmtpPeer) -> None:
    body = EXIM.encode()
    signed = ReceiptRequest("https://n.example/", {"X-Notifier-Signature": sign_bounce(body, "short")}, body)
    assert not set_up(peer, SECRET_KEY="short").verify_receipt(signed)


def test_nothing_personal_is_logged(
    channel: EmailSmtp,
    peer: SmtpPeer,
    door: Door,
    behaviours: dict[str, Behaviour],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("notifier.test").debug("the log is open")
    behaviours[ADDRESS] = bounce("5.1.1")
    receipt = channel.parse_receipt(receipts_of(channel, peer, door)[0])
    behaviours[ADDRESS] = Behaviour(refusal=f"550 5.1.1 <{ADDRESS}> unknown")
    refused = channel.send(message())
    assert "the log is open" in caplog.text
    for seen in (caplog.text, repr(refused), repr(receipt)):
        assert ADDRESS not in seen
        assert "newyddion" not in seen.lower()
        assert SECRET not in seen


def test_check_is_silent_when_all_is_well(channel: EmailSmtp, peer: SmtpPeer) -> None:
    assert channel.check() is None
    assert peer.messages == []


def test_check_says_when_the_server_refuses(set_up: Setup, start_peer: StartPeer) -> None:
    with ExitStack() as running:
        peer = running.enter_context(SmtpPeer())
    said = set_up(peer).check()
    assert said is not None
    assert "\n" not in said
    assert "NOTIFIER_SMTP_HOST" in said


WRONG = [
    ({"SMTP_HOST": None}, "SMTP_HOST"),
    ({"MAIL_FROM": None}, "MAIL_FROM"),
    ({"MAIL_FROM": "Avon Police"}, "MAIL_FROM"),
    ({"MAIL_NEUTRAL_FROM": "not-an-address"}, "MAIL_NEUTRAL_FROM"),
    ({"SMTP_TLS": "ssl"}, "SMTP_TLS"),
    ({"SMTP_PORT": "70000"}, "SMTP_PORT"),
    ({"SMTP_USERNAME": "half-given"}, "SMTP_PASSWORD"),
    ({"SMTP_PASSWORD": "half-given"}, "SMTP_USERNAME"),
    ({"SMTP_TIMEOUT_SECONDS": "-3"}, "SMTP_TIMEOUT_SECONDS"),
    ({"BOUNCE_DOMAIN": "a b"}, "BOUNCE_DOMAIN"),
]


@pytest.mark.parametrize(("changes", "named"), WRONG, ids=[f"{row[1]}-{n}" for n, row in enumerate(WRONG)])
def test_a_wrong_setting_is_named_and_not_shown(
    set_up: Setup, peer: SmtpPeer, changes: dict[str, str | None], named: str
) -> None:
    channel = set_up(peer, **changes)
    said = channel.check()
    assert said is not None
    assert f"NOTIFIER_{named}" in said
    assert "\n" not in said
    assert not any(value and value in said for value in changes.values())
    with pytest.raises(SettingsError, match=named):
        channel.send(message())


PORTS = [("starttls", 587), ("tls", 465), ("none", 25)]


@pytest.mark.parametrize(("tls", "port"), PORTS)
def test_the_usual_ports(set_up: Setup, peer: SmtpPeer, tls: str, port: int) -> None:
    assert set_up(peer, SMTP_PORT=None, SMTP_TLS=tls)._settings.server().port == port


def test_the_peer_posts_a_bounce_again_when_the_door_was_shut(
    channel: EmailSmtp, peer: SmtpPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[ADDRESS] = bounce("5.1.1")
    door.answers = [503]
    first, again = receipts_of(channel, peer, door)
    assert first.body == again.body


def test_the_peer_bounces_late_ones_later(
    channel: EmailSmtp, peer: SmtpPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[ADDRESS] = bounce("5.1.1", seconds=3600)
    channel.send(message())
    assert not peer.wait_until_idle(0), "the late one is still to come"
    assert door.requests == []
