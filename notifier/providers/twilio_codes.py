"""What Twilio's message statuses and error codes mean to us.

Source: Twilio's Messages resource and its error dictionary, what a sender of text messages can meet of it:
codes of calls, of pictures' own rules and of other channels (63xxx) are left out.
"""

from __future__ import annotations

from notifier.records import AttemptState, FailureReason

STATES: dict[str, AttemptState] = {
    "accepted": AttemptState.ACCEPTED,
    "scheduled": AttemptState.ACCEPTED,
    "queued": AttemptState.ACCEPTED,
    "sending": AttemptState.ACCEPTED,
    "sent": AttemptState.ACCEPTED,
    "partially_delivered": AttemptState.ACCEPTED,  # nobody can read a part
    "delivered": AttemptState.DELIVERED,
    "read": AttemptState.DELIVERED,
    "undelivered": AttemptState.FAILED,
    "failed": AttemptState.FAILED,
    "canceled": AttemptState.FAILED,
}

_R = FailureReason

LATER: dict[int, FailureReason] = {
    429: _R.PROVIDER,  # too many requests, said by a proxy
    20429: _R.PROVIDER,  # too many requests: never processed
    21611: _R.PROVIDER,  # the sender's queue is full
    21730: _R.PROVIDER,  # under maintenance
}
"""Answers to a sending that certainly did not go out, and may go out later."""

REASONS: dict[int, FailureReason] = {
    **LATER,
    # The account, as HTTP or as Twilio says it.
    401: _R.NOT_OURS,
    403: _R.NOT_OURS,
    404: _R.NOT_OURS,
    20003: _R.NOT_OURS,  # wrong account or token
    20005: _R.NOT_OURS,  # account not active
    20008: _R.NOT_OURS,  # test credentials
    20404: _R.NOT_OURS,  # no such account
    20410: _R.NOT_OURS,  # a discontinued API
    20504: _R.PROVIDER,  # lost in an incident of Twilio's
    # The recipient.
    21211: _R.BAD_ADDRESS,  # invalid number
    21214: _R.BAD_ADDRESS,  # number cannot be reached
    21217: _R.BAD_ADDRESS,  # number does not look like one
    21265: _R.BAD_ADDRESS,  # a short code
    21266: _R.BAD_ADDRESS,  # the sender's own number
    21268: _R.BAD_ADDRESS,  # a premium or information service
    21401: _R.BAD_ADDRESS,  # invalid number
    21407: _R.BAD_ADDRESS,  # this type of number takes no text messages
    21604: _R.BAD_ADDRESS,  # no recipient
    21610: _R.OPTED_OUT,  # the person replied STOP
    21612: _R.BAD_ADDRESS,  # no route from this sender to this number
    21614: _R.BAD_ADDRESS,  # not a mobile
    21635: _R.BAD_ADDRESS,  # a landline
    30630: _R.OPTED_OUT,  # the handset answered STOP
    # The text.
    21602: _R.REJECTED_CONTENT,  # empty
    21605: _R.REJECTED_CONTENT,  # too long
    21617: _R.REJECTED_CONTENT,  # longer than 1,600 characters
    21618: _R.REJECTED_CONTENT,  # cannot be sent
    21619: _R.REJECTED_CONTENT,  # empty
    # The sender, the request and what the account may do.
    21212: _R.NOT_OURS,  # invalid sender
    21219: _R.NOT_OURS,  # trial account, number not verified
    21267: _R.NOT_OURS,  # trial account, a name as sender
    21408: _R.NOT_OURS,  # country not enabled for the account
    21601: _R.NOT_OURS,  # sender cannot send
    21603: _R.NOT_OURS,  # no sender
    21606: _R.NOT_OURS,  # sender cannot send
    21608: _R.NOT_OURS,  # trial account, number not verified
    21609: _R.NOT_OURS,  # invalid address for callbacks
    21613: _R.NOT_OURS,  # the sender's number needs an address on file
    21615: _R.NOT_OURS,  # the sender's number needs a local address on file
    21616: _R.NOT_OURS,  # sender matches several numbers
    21624: _R.NOT_OURS,  # validity period out of range
    21659: _R.NOT_OURS,  # sender is no number of Twilio's
    21660: _R.NOT_OURS,  # sender belongs to another account
    21661: _R.NOT_OURS,  # sender cannot send
    21701: _R.NOT_OURS,  # there is no such messaging service
    21703: _R.NOT_OURS,  # the messaging service has no sender for this country
    21704: _R.NOT_OURS,  # the messaging service has no sender
    21705: _R.NOT_OURS,  # the messaging service is wrong
    90007: _R.NOT_OURS,  # validity period out of range
    # What became of it afterwards.
    30001: _R.PROVIDER,  # queue overflow
    30002: _R.NOT_OURS,  # account suspended
    30003: _R.UNREACHABLE,  # handset off or out of coverage
    30004: _R.BLOCKED,  # blocked by the person or the network
    30005: _R.REASSIGNED,  # number unknown or no longer in use: the network may give it to anybody
    30006: _R.BAD_ADDRESS,  # landline
    30007: _R.REJECTED_CONTENT,  # filtered by the network
    30008: _R.UNKNOWN,  # the network gave no cause
    30009: _R.UNKNOWN,  # a part of an incoming message is missing
    30010: _R.NOT_OURS,  # dearer than the account allows
    30011: _R.NOT_OURS,  # pictures cannot go there
    30012: _R.NOT_OURS,  # validity period too short
    30013: _R.NOT_OURS,  # validity period too long
    30014: _R.NOT_OURS,  # attachment cannot be fetched
    30017: _R.PROVIDER,  # network congestion
    30018: _R.NOT_OURS,  # the network wants the sender registered
    30019: _R.REJECTED_CONTENT,  # larger than the network takes
    30020: _R.PROVIDER,  # Twilio's own fault
    30021: _R.PROVIDER,  # Twilio's own fault, in the messaging service
    30022: _R.PROVIDER,  # too many messages for the network (United States)
    30023: _R.PROVIDER,  # the day's number of messages is reached (United States)
    30024: _R.NOT_OURS,  # the network does not know the sender's number
    30027: _R.PROVIDER,  # the day's number of messages is reached (United States)
    30028: _R.NOT_OURS,  # campaign not valid (United States)
    30029: _R.NOT_OURS,  # wrong value for how long texts are kept
    30030: _R.NOT_OURS,  # wrong value for how long numbers are kept
    30031: _R.NOT_OURS,  # wrong value for the highest rate
    30032: _R.NOT_OURS,  # toll-free sender not verified (North America)
    30033: _R.NOT_OURS,  # campaign suspended (United States)
    30034: _R.NOT_OURS,  # sender not registered (United States)
    30035: _R.NOT_OURS,  # sender not ready yet (United States)
    30036: _R.PROVIDER,  # validity period over before it was sent
    30037: _R.NOT_OURS,  # the account may not send
    30038: _R.REJECTED_CONTENT,  # taken for a one-time password
    30039: _R.REJECTED_CONTENT,  # taken for a loop of automatic answers
    30040: _R.NOT_OURS,  # the network wants the sender registered
    30041: _R.NOT_OURS,  # the sender is restricted or not registered
    30044: _R.NOT_OURS,  # trial account, longer than it may send
    30410: _R.PROVIDER,  # a provider on the way timed out
}
"""Why a message did not arrive, by the code of a refusal or of a receipt; one not here is unknown."""
