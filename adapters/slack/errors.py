"""What Slack says of itself where a call fails."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError

from adapters.slack.payloads import field


def error_name(error: Exception) -> str:
    """Slack's name for what went wrong; empty if it was not Slack's API that answered.

    slack_sdk raises the same error for what a proxy says, with a response that is none of its own
    or has anything for its data.
    """
    if not isinstance(error, SlackApiError):
        return ""
    return field(getattr(error.response, "data", None), "error")


def is_outage(error: SlackApiError) -> bool:
    """Whether Slack failed, or something on the way there, and not what was asked of it."""
    return not error_name(error) or error.response.status_code >= 500
