"""What Slack says where a call fails, and what answers in its place: neither breaks anything."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import authorize_workspace
from adapters.slack.people import SlackPeople
from adapters.wording import APOLOGY
from tests.standins.base import UnansweredError
from tests.standins.recording import Fault
from tests.standins.slack import SlackStandIn
from tests.standins.slack_state import TEAM_ID

JSON = {"Content-Type": "application/json"}
no_answer_of_slack = pytest.mark.parametrize(
    "fault",
    [
        Fault(status=502, body="<html>", headers=JSON),
        Fault(status=200, body="<html>", headers=JSON),
        Fault(status=502, body='["Bad Gateway"]', headers=JSON),
        Fault(status=502, body='{"error": {"code": 502}}', headers=JSON),
        Fault(status=502, body="Bad Gateway", headers={"Content-Type": "text/plain"}),
        Fault(status=200, body="<html>", headers={"Content-Type": "text/html"}),
    ],
    ids=["broken JSON", "broken JSON, 200", "a list", "JSON of another kind", "text", "HTML, 200"],
)


@no_answer_of_slack
async def test_a_person_reads_an_apology_and_the_log_has_a_line(
    slack_by_socket: SlackStandIn, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    slack_by_socket.faults.add(fault, route="chat.postMessage")
    reply = await slack_by_socket.direct_message("forms")
    assert reply.text == APOLOGY
    said = [record.getMessage() for record in caplog.records if record.name.startswith("adapters")]
    assert said == ["an answer did not reach Slack (SlackApiError)"]


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive", "invalid_auth"])
async def test_that_a_token_is_refused_is_told_the_operator_of_a_bot_that_runs(
    slack_by_socket: SlackStandIn, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    slack_by_socket.api.token_error = error
    slack_by_socket.answer_timeout = 0.1
    for what in (slack_by_socket.direct_message, slack_by_socket.mention):
        caplog.clear()
        with pytest.raises(UnansweredError):
            await what("forms")
        assert f"Slack does not accept the bot's token any more ({error})" in caplog.text
        assert "Traceback" not in caplog.text
    assert "capsule" in (await slack_by_socket.command("/ldn", "forms")).text
    caplog.clear()
    moderating = await slack_by_socket.command("/ldn-mod", "pins", user=slack_by_socket.moderator)
    assert "moderators" in moderating.text
    assert caplog.messages == [f"Slack did not say who someone is ({error})"]


async def test_of_an_error_the_log_has_its_name_if_that_is_one_of_slacks(
    slack_by_socket: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    for error in ("missing_scope", "somebody", "Words of somebody: who knows whose."):
        slack_by_socket.faults.add(Fault(status=200, body={"ok": False, "error": error}))
        slack_by_socket.answer_timeout = 0.1
        with pytest.raises(UnansweredError):
            await slack_by_socket.mention("forms")
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("adapters")]
    why = ("missing_scope", "SlackApiError", "SlackApiError")
    assert ours == [f"something did not reach Slack ({each})" for each in why]
    assert "somebody" not in caplog.text


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "messages_tab_disabled"])
async def test_that_a_direct_message_is_closed_is_a_line_in_the_log(
    slack_by_socket: SlackStandIn, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    closed = Fault(status=200, body={"ok": False, "error": error})
    slack_by_socket.faults.add(closed, closed, route="chat.postMessage")
    slack_by_socket.answer_timeout = 0.3
    with pytest.raises(UnansweredError):
        await slack_by_socket.direct_message("forms")
    ours = [each for each in caplog.records if each.name.startswith("adapters")]
    assert [(each.getMessage(), each.exc_info) for each in ours] == [
        (f"an answer did not reach Slack ({error})", None),
        (f"something did not reach Slack ({error})", None),
    ]


async def test_a_press_that_fails_before_anybody_can_be_told_leaves_a_traceback_in_the_log(
    slack_by_socket: SlackStandIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = slack_by_socket
    reply = await slack.command("/ldn", "forms")
    monkeypatch.setattr(SlackPeople, "cached", None)  # whatever breaks
    slack.answer_timeout = 0.5
    with pytest.raises(UnansweredError):
        await slack.press(reply, reply.labels["All topics"])
    [failed] = [each for each in caplog.records if each.name.startswith("adapters")]
    assert failed.getMessage() == "an event from Slack failed"
    assert failed.exc_info is not None


@no_answer_of_slack
async def test_who_cannot_be_looked_up_in_a_user_group_is_no_moderator(
    slack_standin: SlackStandIn, fault: Fault
) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    slack_standin.api.usergroups = {"S1": [slack_standin.member.id]}
    slack_standin.faults.add(fault, route="usergroups.users.list")
    people = SlackPeople(["S1"])
    asked = (client, slack_standin.member.id, TEAM_ID)
    assert [(await people.fetch(*asked)).moderator for _ in range(2)] == [False, True]


@no_answer_of_slack
async def test_no_token_is_taken_for_refused(slack_standin: SlackStandIn, fault: Fault) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    slack_standin.faults.add(fault, route="auth.test")
    with pytest.raises(SlackApiError):  # after which it is tried again
        await authorize_workspace(client)


async def test_a_plan_without_user_groups_is_told_of_once(
    slack_standin: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    slack_standin.api.usergroups = None
    people = SlackPeople(["S1"])
    for _ in range(2):
        assert not (await people.fetch(client, slack_standin.member.id, TEAM_ID)).moderator
    [said] = caplog.messages
    assert "this workspace's plan has none" in said


async def test_what_slack_refuses_is_in_the_log_by_the_name_that_slack_has_for_it(
    slack_standin: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    lacking = Fault(status=200, body={"ok": False, "error": "missing_scope"})
    slack_standin.faults.add(lacking, route="users.info")
    slack_standin.faults.add(lacking, route="usergroups.users.list")
    people = SlackPeople(["S1"])
    for _ in range(2):
        await people.fetch(client, slack_standin.member.id, TEAM_ID)
    assert caplog.messages == [
        "Slack did not say who someone is (missing_scope)",
        "Slack did not say who is in a user group (missing_scope)",
    ]
