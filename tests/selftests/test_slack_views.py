"""What people do in modals and on the Home tab of stand-in Slack, through a real slack-bolt app."""

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.base import NotOfferedError, UnansweredError
from tests.standins.slack import SlackPerson, SlackReply, SlackStandIn
from tests.standins.small_slack_app import error_of
from tests.standins.small_slack_views import Views, modal


@pytest.fixture
def standin(slack_standin: SlackStandIn) -> SlackStandIn:
    """What these tests are about."""
    return slack_standin


@pytest.fixture
def bot(app: AsyncApp) -> Views:
    return Views(app)


async def opened(standin: SlackStandIn) -> SlackReply:
    return await standin.command("/modal")


# What is shown, and what is sent


async def test_a_view_is_read_and_used_like_a_message(standin: SlackStandIn, bot: Views) -> None:
    reply = await opened(standin)
    assert reply.text == "First\nQuestion"
    assert reply.labels == {"Next": "update", "More": "push", "Post": "post"}
    assert reply.action_ids == ["ask", "update", "push", "post", "topics", "lookup"]
    assert [block["type"] for block in reply.blocks] == ["header", "input", "actions"]


async def test_a_press_in_a_modal_sends_the_view_and_no_channel(
    standin: SlackStandIn, bot: Views
) -> None:
    reply = await opened(standin)
    after = await standin.press(reply, reply.labels["Next"])
    assert (after.text, after.via) == ("Got n\nQuestion", "views.update")
    sent = bot.seen[0]
    assert reply.view is not None
    assert sent["container"] == {"type": "view", "view_id": reply.view["id"]}
    assert sent["view"] == reply.view
    assert {"id", "hash", "callback_id", "private_metadata", "state", "blocks"} <= set(sent["view"])
    assert sent["view"]["private_metadata"] == "kept"
    assert sent.keys() & {"channel", "message", "response_url", "state"} == set()
    assert sent.keys() >= {"trigger_id", "user", "team", "api_app_id"}
    assert sent["actions"][0]["block_id"] == "controls"


async def test_further_presses_see_the_view_as_it_is_now(standin: SlackStandIn, bot: Views) -> None:
    first = await opened(standin)
    await standin.press(first, "update")
    await standin.press(first, "update")
    assert [body["view"]["blocks"][0]["text"]["text"] for body in bot.seen] == ["First", "Got n"]
    assert bot.seen[0]["view"]["hash"] != bot.seen[1]["view"]["hash"]
    assert first.text == "First\nQuestion"


async def test_a_view_can_be_named_by_its_json(standin: SlackStandIn, bot: Views) -> None:
    reply = await opened(standin)
    assert reply.view is not None
    assert (await standin.press(reply.view, "update")).text == "Got n\nQuestion"
    await standin.open_home(user=standin.moderator)
    home = standin.views.homes[standin.moderator.id]
    assert (await standin.select(home, "topics", "forms")).text == "Got forms\nQuestion"
    assert bot.seen[-1]["user"]["id"] == standin.moderator.id


async def test_the_home_tab_keeps_its_id_and_comes_with_the_next_opening(
    standin: SlackStandIn, bot: Views
) -> None:
    home = await standin.open_home()
    after = await standin.select(home, "topics", "reports")
    assert (after.text, after.via) == ("Got reports\nQuestion", "views.publish")
    assert home.view is not None
    assert after.view is not None
    assert after.view["id"] == home.view["id"]
    await standin.open_home()
    assert "view" not in bot.seen[0]["event"]
    assert bot.seen[-1]["event"]["view"]["id"] == home.view["id"]


async def test_a_press_in_a_view_may_be_answered_with_a_message(
    standin: SlackStandIn, bot: Views
) -> None:
    for shown in (await opened(standin), await standin.open_home()):
        posted = await standin.press(shown, "post")
        assert (posted.text, posted.via) == ("posted", "chat.postMessage")


async def test_an_external_menu_in_a_view_is_filled_while_typing(
    standin: SlackStandIn, bot: Views
) -> None:
    reply = await opened(standin)
    options = await standin.suggest(reply, "lookup", "inf")
    assert bot.seen[0]["container"]["type"] == "view"
    assert "channel" not in bot.seen[0]
    chosen = await standin.select(reply, "lookup", options[0]["value"])
    assert chosen.text == "Got found\nQuestion"


async def test_what_a_view_does_not_offer_needs_forging(standin: SlackStandIn, bot: Views) -> None:
    reply = await opened(standin)
    with pytest.raises(NotOfferedError, match="'nope'"):
        await standin.press(reply, "nope")
    forged = await standin.press(reply, "update", value="odd", forged=True)
    assert forged.text == "Got odd\nQuestion"
    assert bot.seen[0]["container"]["type"] == "view"


# Typing


@pytest.mark.parametrize("where", ["modal", "home"])
async def test_a_text_is_typed_and_sent_with_enter(
    standin: SlackStandIn, bot: Views, where: str
) -> None:
    shown = await (opened(standin) if where == "modal" else standin.open_home())
    assert (await standin.type_in(shown, "ask", "does it help")).text.startswith("Got does it help")
    sent = bot.seen[-1]
    action = {key: sent["actions"][0][key] for key in ("type", "block_id", "action_id", "value")}
    assert action == {
        "type": "plain_text_input",
        "block_id": "search",
        "action_id": "ask",
        "value": "does it help",
    }
    state = sent["view"]["state"]["values"]
    assert state["search"]["ask"] == {"type": "plain_text_input", "value": "does it help"}


async def test_what_was_typed_stays_where_the_block_stays(
    standin: SlackStandIn, bot: Views
) -> None:
    shown = await opened(standin)
    assert shown.view is not None
    assert shown.view["state"]["values"]["search"]["ask"]["value"] is None
    after = await standin.type_in(shown, "ask", "first")
    assert after.view is not None
    assert after.view["state"]["values"]["search"]["ask"]["value"] == "first"
    await standin.select(shown, "topics", "forms")
    state = bot.seen[-1]["view"]["state"]["values"]
    assert state["search"]["ask"]["value"] == "first"
    assert state["controls"]["topics"]["selected_option"]["value"] == "forms"


async def test_nobody_types_where_enter_sends_nothing(standin: SlackStandIn, bot: Views) -> None:
    shown = await opened(standin)
    with pytest.raises(NotOfferedError, match="does not take 21 characters"):
        await standin.type_in(shown, "ask", "x" * 21)
    with pytest.raises(NotOfferedError, match="nobody can type into 'update', a button"):
        await standin.type_in(shown, "update", "x")
    assert shown.view is not None
    standin.views.by_id[shown.view["id"]]["blocks"][1]["dispatch_action"] = False
    with pytest.raises(NotOfferedError, match="sends nothing: no dispatch_action"):
        await standin.type_in(shown, "ask", "x")
    forged = await standin.type_in(shown, "ask", "x" * 21, forged=True)
    assert forged.text.startswith("Got xxx")


# The stack of modals


async def test_modals_are_pushed_three_deep(standin: SlackStandIn, bot: Views) -> None:
    first = await opened(standin)
    second = await standin.press(first, "push")
    third = await standin.press(second, "push")
    assert first.view is not None
    assert second.view is not None
    assert third.view is not None
    assert third.via == "views.push"
    assert third.view["previous_view_id"] == second.view["id"]
    assert third.view["root_view_id"] == first.view["id"]
    standin.answer_timeout = 0.2
    with pytest.raises(UnansweredError):
        await standin.press(third, "push")
    assert bot.errors == ["push_limit_reached"]


async def test_a_modal_below_another_cannot_be_used(standin: SlackStandIn, bot: Views) -> None:
    first = await opened(standin)
    await standin.press(first, "push")
    with pytest.raises(NotOfferedError, match="lies below another"):
        await standin.press(first, "update")


async def test_the_home_tab_has_no_modal_to_push_on(standin: SlackStandIn, bot: Views) -> None:
    home = await standin.open_home()
    standin.answer_timeout = 0.2
    with pytest.raises(UnansweredError):
        await standin.press(home, "push")
    assert bot.errors == ["not_found"]


async def test_a_trigger_is_good_for_three_seconds(
    standin: SlackStandIn, bot: Views, client: AsyncWebClient
) -> None:
    reply = await opened(standin)
    await standin.press(reply, "update")
    trigger = bot.seen[0]["trigger_id"]
    interaction = standin.interactions.by_trigger[trigger]
    interaction.sent_at -= 3.1
    late = client.views_push(trigger_id=trigger, view=modal("Late"))
    assert await error_of(late) == "expired_trigger_id"
    unknown = client.views_push(trigger_id="1.2", view=modal("x"))
    assert await error_of(unknown) == "invalid_trigger_id"


async def test_a_submission_closes_the_modal_or_does_what_its_acknowledgement_says(
    standin: SlackStandIn, bot: Views
) -> None:
    first = await opened(standin)
    bot.ack = {"response_action": "update", "view": modal("Updated")}
    updated = await standin.submit(first, {"search": {"ask": {"value": "q"}}})
    assert (updated.text, updated.via) == ("Updated\nQuestion", "ack")
    assert bot.seen[-1]["view"]["state"]["values"]["search"]["ask"]["value"] == "q"
    bot.ack = {"response_action": "push", "view": modal("On top")}
    pushed = await standin.submit(updated, {})
    assert pushed.text == "On top\nQuestion"
    bot.ack = {}
    standin.answer_timeout = 0.1
    with pytest.raises(UnansweredError):
        await standin.submit(pushed, {})
    with pytest.raises(NotOfferedError, match="no longer there"):
        await standin.press(pushed, "update")
    standin.answer_timeout = 10
    assert (await standin.press(first, "update")).text == "Got n\nQuestion"


async def test_a_closed_modal_and_an_old_hash_are_refused(
    standin: SlackStandIn, bot: Views, client: AsyncWebClient
) -> None:
    reply = await opened(standin)
    assert reply.view is not None
    view_id = reply.view["id"]
    stale = client.views_update(view_id=view_id, hash="0.0", view=modal("x"))
    assert await error_of(stale) == "hash_conflict"
    standin.views.close(reply.view)
    assert await error_of(client.views_update(view_id=view_id, view=modal("x"))) == "not_found"


async def test_a_view_that_slack_would_refuse_is_refused_and_recorded(
    standin: SlackStandIn, bot: Views, client: AsyncWebClient
) -> None:
    home = client.views_publish(user_id=standin.member.id, view=modal("x"))
    assert await error_of(home) == "invalid_arguments"
    assert "'home' is expected here" in str(standin.violations)
    standin.violations.clear()


async def test_each_person_gets_the_answers_in_their_own_modal(
    standin: SlackStandIn, bot: Views
) -> None:
    lee = standin.add_person(SlackPerson("U00000009", "lee"))
    mine = await opened(standin)
    theirs = await standin.command("/modal", user=lee)
    for reply, person in ((theirs, lee), (mine, standin.member)):
        after = await standin.press(reply, "update")
        assert after.interaction.person == person
        assert reply.view is not None
        assert after.view is not None
        assert after.view["id"] == reply.view["id"]
