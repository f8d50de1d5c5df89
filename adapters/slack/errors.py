"""The errors with which Slack's Web API answers."""

from __future__ import annotations

import re

from slack_sdk.errors import SlackApiError

from adapters.slack.payloads import field

_NAME = re.compile(r"[a-z]+(_[a-z]+)+")

# https://docs.slack.dev/reference/methods/auth.test#errors
_TOKEN_REFUSED = frozenset(
    {
        "account_inactive",
        "app_deleted",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "user_removed_from_team",
    }
)

# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_CLOSED = frozenset({"channel_not_found", "is_archived", "messages_tab_disabled"})


def error_name(error: Exception) -> str:
    """Slack's name of an error, such as `channel_not_found`; empty if Slack did not answer.

    slack_sdk raises `SlackApiError` for a proxy's answers too, whose data can be anything.
    """
    if not isinstance(error, SlackApiError):
        return ""
    return field(getattr(error.response, "data", None), "error")


def describe_error(error: Exception) -> str:
    """An error as Slack's name or its type, for the log: its text may quote a member's words.

    So may a proxy's answer, of which only what has the form of Slack's names is repeated.
    """
    name = error_name(error)
    return name if _NAME.fullmatch(name) else type(error).__name__


def is_outage(error: SlackApiError) -> bool:
    """Whether Slack or the way to it failed, so that the same call may succeed later."""
    return not error_name(error) or error.response.status_code >= 500


def is_token_refused(error: Exception) -> bool:
    """Whether Slack does not accept the token; the same call fails until there is another one."""
    return error_name(error) in _TOKEN_REFUSED


def is_closed(error: Exception) -> bool:
    """Whether the conversation was closed, archived or deleted, so that nothing can be said in it.

    A direct message is closed if the app's Messages Tab is turned off.
    """
    return error_name(error) in _CLOSED
