"""The words in which staff are told what is wrong and what to do: about a case, never about a person."""

from __future__ import annotations

from notifier.records import StaffRequest

REASONS = {
    "no_contact": "The victim could not be reached in any agreed way.",
    "duty_at_risk": "A victim must be told by a legal time limit, and nothing is planned that would do it.",
    "late_on_arrival": "This reached us after the time by which the victim had to be told.",
    "tell_in_person": "A person must tell the victim now.",
    "task_overdue": "A task was not done in time.",
    "nothing_to_tell": "A victim's update is due and there is nothing specific on file to tell.",
    "find_contact": "Find another way to reach the victim.",
    "check_safety": "A contact point of the victim is also on file for a party. Find out what is safe.",
    "check_delivery": "Nobody knows whether a message went out. Find out, and tell the victim if it did not.",
    "call_back": "Call the victim: there is something a message could not say.",
    "cannot_meet_window": "The victim's strict times do not allow telling them within the legal time limit.",
    "offer_meeting": "Offer the victim a meeting about this decision.",
    "withdrew": "The victim wants no updates; decide what is done about this legal duty.",
    "correction": "The victim was told something wrong. Correct it.",
    "consent_withdrawn": "The victim said stop to messages of one kind. Ask how they want to hear.",
    "asks_for_help": "Somebody wrote back and asks for help. Call now.",
    "wrong_person": "A number or address of the victim seems to be somebody else's. It is not used any more.",
    "unknown_sender": "Somebody wrote back whose number or address is on no case's file.",
    "volume": "Far more notices than usual came within an hour. They are held: release or discard them.",
    "unusual_volume": "Many notices came within an hour from a source that is new. Nothing is held.",
    "identity": "Records of persons were merged or split. What waits for them is held.",
    "source_silent": "A source has stopped publishing. Victims may not hear what happens.",
    "provider_outage": "A provider does not answer. What it was to send goes by another one, or waits.",
    "support_referral": "The victim must be referred to support, and no referral is on record.",
}

TO_DO = {
    "no_contact": "Find an address that reaches the victim, or tell them yourself and record the contact.",
    "duty_at_risk": "Tell the victim yourself and record the contact, or mend what stops the message.",
    "late_on_arrival": "See that the victim is told, and find out why it came so late.",
    "tell_in_person": "Visit or telephone the victim, tell them, and record the contact.",
    "task_overdue": "Do the task, or hand it to somebody who can do it today.",
    "nothing_to_tell": "Record what was done or is awaited. Else the victim hears only that nothing is new.",
    "find_contact": "Ask those who know the victim for an address that is theirs and safe; have it recorded.",
    "check_safety": "Find out whose it is; have it corrected or marked as not safe.",
    "check_delivery": "Ask the victim, or look at the provider's records. Tell them if it did not go out.",
    "call_back": "Telephone the victim, tell them, and record the contact.",
    "cannot_meet_window": "Tell the victim yourself in time, or agree another time; record the contact.",
    "offer_meeting": "Ask the victim whether and when to meet, and record the contact.",
    "withdrew": "Decide whether and how the victim is told all the same, and write down why.",
    "correction": "Tell the victim what is right, and that we are sorry.",
    "consent_withdrawn": "Ask the victim by a way that is not stopped, and have the answer recorded.",
    "asks_for_help": "Read what was written and call the victim. In danger, send help first.",
    "wrong_person": "Find out the right number or address, and have it recorded.",
    "unknown_sender": "Read what was written, and find out who it is.",
    "volume": "Look at some of them and ask the source. Release what is true, discard what is not.",
    "unusual_volume": "Ask the source whether it means to send so much.",
    "identity": "Find out which record is whose; then release or discard what is held.",
    "source_silent": "Ask those who run it whether it is down, and what was not published.",
    "provider_outage": "Ask the provider when it is back; `notifier doctor` says more.",
    "support_referral": (
        "Refer the victim, or record that they declined (support.referred or support.declined)."
    ),
}

COMMANDS = {
    "unknown_sender": ("What was written: notifier failures --document ID",),
    "asks_for_help": (
        "What was written: notifier due --show-personal; without a case: notifier failures --document ID",
    ),
    "volume": (
        "See what is held: notifier failures. All at once: notifier release ID, or notifier cancel ID",
    ),
}
"""Further commands that help, beside those for every escalation."""


def reason_of(request: StaffRequest) -> str:
    """Return what is asked of staff, in a sentence."""
    if request.reason == "provider_outage":
        return f"{REASONS[request.reason]} It is {request.source}."
    about = (("by", request.source), ("as", request.event_type))
    where = " ".join(f"{word} {value}" for word, value in about if value is not None)
    return f"{REASONS[request.reason]} Published {where}." if where else REASONS[request.reason]
