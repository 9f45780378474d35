from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.records import AttemptState, ChannelName, Form, Tone, Wording
from notifier.rules.next_step import (
    AskPerson,
    Fallback,
    Silence,
    Step,
    Told,
    Tried,
    Wait,
    retry_at,
    silence_after,
    step_after,
)
from tests.builders import SHIPPED, a_policy_where, at

S, W = AttemptState, Wording
NOW = at("Wed 1 Apr 2026 15:20")


@pytest.mark.parametrize(
    ("channel", "tone", "sent", "expected", "means", "reason"),
    [
        ("sms", Tone.ROUTINE, "Wed 1 Apr 2026 15:20", "Wed 1 Apr 2026 19:20", S.UNCONFIRMED, "4 hours"),
        ("sms", Tone.BAD_NEWS, "Wed 1 Apr 2026 15:20", "Wed 1 Apr 2026 19:20", S.UNCONFIRMED, "4 hours"),
        ("sms", Tone.SAFETY, "Wed 1 Apr 2026 03:20", "Wed 1 Apr 2026 03:30", S.UNCONFIRMED, "10 minutes"),
        ("email", Tone.ROUTINE, "Wed 1 Apr 2026 15:20", "Thu 2 Apr 2026 15:20", S.DELIVERED, "24 hours"),
        ("email", Tone.BAD_NEWS, "Fri 3 Apr 2026 15:20", "Sat 4 Apr 2026 15:20", S.DELIVERED, "24 hours"),
        ("email", Tone.ROUTINE, "Sat 28 Mar 2026 15:20", "Sun 29 Mar 2026 16:20", S.DELIVERED, "real hours"),
        (
            "letter", Tone.ROUTINE, "Mon 1 Jun 2026 15:20", "Tue 9 Jun 2026 15:20", S.DELIVERED,
            "three postal days and three to come back",
        ),
        (
            "letter", Tone.BAD_NEWS, "Wed 1 Apr 2026 15:20", "Mon 13 Apr 2026 15:20", S.DELIVERED,
            "no post over Easter",
        ),
    ],
)  # fmt: skip
def test_what_silence_means(
    channel: str, tone: Tone, sent: str, expected: str, means: AttemptState, reason: str
) -> None:
    silence = silence_after(ChannelName(channel), tone, at(sent), SHIPPED)
    assert silence == Silence(at(expected), means), reason


@pytest.mark.parametrize("channel", [ChannelName.EMAIL, ChannelName.LETTER])
def test_a_safety_notice_goes_on_after_ten_minutes_whatever_the_channel(channel: ChannelName) -> None:
    silence = silence_after(channel, Tone.SAFETY, NOW, SHIPPED)
    assert silence is not None
    assert silence.at == NOW + timedelta(minutes=10)
    assert silence.means is S.UNCONFIRMED


@pytest.mark.parametrize("tone", Tone)
def test_a_call_has_no_receipt(tone: Tone) -> None:
    assert silence_after(ChannelName.CALL, tone, NOW, SHIPPED) is None


@pytest.mark.parametrize(
    ("form", "gives_receipts", "until", "means", "reason"),
    [
        (Form.SHORT, True, "Wed 1 Apr 2026 19:20", S.UNCONFIRMED, "a receipt is missing after 4 hours"),
        (Form.SHORT, False, "Thu 2 Apr 2026 15:20", S.DELIVERED, "without receipts nothing is missing"),
        (Form.MAIL, True, "Wed 1 Apr 2026 19:20", S.UNCONFIRMED, "receipts count, not the form"),
        (Form.LETTER, False, "Mon 13 Apr 2026 15:20", S.DELIVERED, "the post takes its time"),
        (Form.LETTER, True, "Mon 13 Apr 2026 15:20", S.UNCONFIRMED, "a receipt too comes by post"),
    ],
)
def test_silence_of_another_channel_follows_from_its_facts(
    form: Form, gives_receipts: bool, until: str, means: AttemptState, reason: str
) -> None:
    policy = a_policy_where(ChannelName.EMAIL, form=form, gives_receipts=gives_receipts)
    assert silence_after(ChannelName.EMAIL, Tone.ROUTINE, NOW, policy) == Silence(at(until), means), reason


@pytest.mark.parametrize(
    ("tone", "tries", "minutes"),
    [
        (Tone.ROUTINE, 1, 5),
        (Tone.ROUTINE, 2, 15),
        (Tone.BAD_NEWS, 3, 60),
        (Tone.ROUTINE, 4, None),
        (Tone.SAFETY, 1, 1),
        (Tone.SAFETY, 2, 3),
        (Tone.SAFETY, 3, None),
    ],
)
def test_retries_after_a_temporary_failure(tone: Tone, tries: int, minutes: int | None) -> None:
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert retry_at(tone, tries, NOW, SHIPPED) == expected


def test_the_retries_of_a_safety_notice_end_before_the_next_channel_is_due() -> None:
    assert sum(SHIPPED.channels.safety_retry_after, timedelta()) < SHIPPED.channels.safety_step


@pytest.mark.parametrize(
    ("attempts", "tone", "expected", "reason"),
    [
        ([(S.ACCEPTED, W.FULL)], Tone.ROUTINE, Wait(), "the provider has it"),
        ([(S.DISPATCHING, W.FULL)], Tone.ROUTINE, Wait(), "on its way to the provider"),
        ([(S.DEFERRED, W.FULL)], Tone.ROUTINE, Wait(), "it is tried again"),
        ([(S.DELIVERED, W.FULL)], Tone.ROUTINE, Told(), "it arrived"),
        ([(S.CONFIRMED, W.NEUTRAL)], Tone.ROUTINE, Told(), "she answered"),
        ([(S.FAILED, W.FULL)], Tone.ROUTINE, Fallback(), "the next channel at once"),
        ([(S.UNCONFIRMED, W.FULL)], Tone.ROUTINE, Fallback(), "silence of an sms is a failure"),
        ([(S.FAILED, W.FULL), (S.DELIVERED, W.FULL)], Tone.ROUTINE, Told(), "the second channel worked"),
        ([(S.FAILED, W.FULL), (S.ACCEPTED, W.FULL)], Tone.ROUTINE, Wait(), "the second has not answered yet"),
        ([(S.UNKNOWN, W.FULL)], Tone.ROUTINE, AskPerson(), "never sent again blindly"),
        ([(S.UNKNOWN, W.FULL)], Tone.BAD_NEWS, AskPerson(), "never sent again blindly"),
        ([(S.UNKNOWN, W.FULL)], Tone.SAFETY, Fallback(), "safety: rather twice than not at all"),
        ([(S.UNKNOWN, W.FULL), (S.DELIVERED, W.FULL)], Tone.ROUTINE, Told(), "she has it anyway"),
        ([(S.DELIVERED, W.NEWS)], Tone.BAD_NEWS, Told(), "she was told there is news; a person calls"),
        ([(S.DELIVERED, W.NEWS), (S.ACCEPTED, W.FULL)], Tone.BAD_NEWS, Wait(), "the full text is under way"),
        ([(S.DELIVERED, W.NEWS), (S.DELIVERED, W.FULL)], Tone.BAD_NEWS, Told(), "both arrived"),
        ([(S.FAILED, W.NEWS), (S.DELIVERED, W.FULL)], Tone.BAD_NEWS, Told(), "the full text is enough"),
        ([(S.UNCONFIRMED, W.POINTER), (S.ACCEPTED, W.FULL)], Tone.ROUTINE, Wait(), "the full text may do"),
        (
            [(S.DELIVERED, W.POINTER), (S.FAILED, W.FULL)], Tone.ROUTINE, Fallback(full_only=True),
            "she knows that there is an update; the text itself is missing",
        ),
        ([(S.FAILED, W.POINTER), (S.FAILED, W.FULL)], Tone.ROUTINE, Fallback(), "neither arrived"),
        ([], Tone.ROUTINE, Fallback(), "nothing was tried yet"),
    ],
)  # fmt: skip
def test_the_next_step(
    attempts: list[tuple[AttemptState, Wording]], tone: Tone, expected: Step, reason: str
) -> None:
    assert step_after([Tried(*one) for one in attempts], tone) == expected, reason
