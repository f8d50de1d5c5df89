"""The errors with which Slack's Web API answers."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError

from adapters.slack.payloads import field


def error_name(error: Exception) -> str:
    """Slack's name of an error, such as `channel_not_found`; empty if Slack did not answer.

    slack_sdk raises `SlackApiError` for a proxy's answers too, whose data can be anything.
    """
    if not isinstance(error, SlackApiError):
        return ""
    return field(getattr(error.response, "data", None), "error")


def is_outage(error: SlackApiError) -> bool:
    """Whether Slack or the way to it failed, so that the same call may succeed later."""
    return not error_name(error) or error.response.status_code >= 500
