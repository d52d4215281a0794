"""The catalogue of reason codes: what each means and what an administrator does about it."""

from collections.abc import Mapping

from attrs import frozen


@frozen
class Reason:
    """What a reason code means, and what to do."""

    meaning: str
    action: str


DEPLOY = "Send a fresh link: offhook deploy {user}"
REASONS: Mapping[str, Reason] = {
    "unknown": Reason(
        "The token was never issued here, or so long ago that it is forgotten.",
        "Check that the link is complete and from this server; then deploy again.",
    ),
    "expired": Reason("The link is older than the profile's token lifetime.", DEPLOY),
    "spent": Reason("Every allowed download of the link has been used.", DEPLOY),
    "locked": Reason(
        "Ten wrong PINs locked the link for good.",
        f"Find out who tried, give the user the right PIN. {DEPLOY}",
    ),
    "revoked": Reason(
        "The link was replaced by a newer one, or its user was deleted.",
        f"Use the newest mail. {DEPLOY}",
    ),
    "pin-needed": Reason(
        "The client asked for its configuration, but the user has a deployment PIN.",
        "Open the link or scan with the camera: the page asks for the PIN and shows a new code.",
    ),
    "wrong-pin": Reason(
        "Somebody typed a wrong PIN.", "Give the user the PIN by another way than this mail."
    ),
    "device-revoked": Reason(
        "The device was revoked; it keeps what it has and gets nothing new.", DEPLOY
    ),
    "incomplete": Reason(
        "The user lacks what the client registers with.",
        "Complete the user: offhook users show {user}",
    ),
    "gone": Reason(
        "The source of the user does not hold it any more: nothing new is issued to it.",
        "Put it right at the source and run offhook users sync {user}, or offhook users delete it.",
    ),
    "sync-needed": Reason(
        "What a client is told of its PBX may be of before, the address perhaps.",
        "Read them again: offhook users sync {user}",
    ),
    "reset-needed": Reason(
        "The user's id or client-service user name has changed at its source.",
        f"The person resets the app to its factory state and scans a new code. {DEPLOY}",
    ),
    "profile-unavailable": Reason(
        "No installed plugin stands for the profile's PBX type or client format.",
        "Install it, or change the profile: offhook plugins list",
    ),
    "logs-off": Reason(
        "The client sent its log, but its profile takes none.",
        "Switch it on: offhook profiles edit PROFILE log_upload=on",
    ),
    "too-many-logs": Reason(
        "The device has sent ten logs within a day; others are not taken.",
        "Read what is there: offhook devices logs {user}",
    ),
    "log-unreadable": Reason(
        "What came as a log is no text, or more than 10 MB of it.",
        "Have the log emptied in the app, and sent again.",
    ),
    "render-failed": Reason(
        "The client format's plugin failed or refused a value; nothing was counted.",
        "Look for control characters in the user's fields; try offhook plugins list.",
    ),
}
