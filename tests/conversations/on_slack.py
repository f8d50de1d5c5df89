"""What people do on Slack in several steps, and what everyone sees of it."""

from __future__ import annotations

from tests.standins.slack import SlackMessage, SlackReply, SlackStandIn


def posted(slack: SlackStandIn) -> list[SlackMessage]:
    """What everyone sees in the channel."""
    return [message for message in slack.channel.messages.values() if not message.deleted]


async def moderate(slack: SlackStandIn, text: str) -> SlackReply:
    """A moderator types /ldn-mod."""
    return await slack.command("/ldn-mod", text, user=slack.moderator)


def answers(slack: SlackStandIn) -> list[SlackMessage]:
    """What the bot has posted for everyone."""
    return [message for message in posted(slack) if message.data.get("user") != slack.member.id]


def routes(slack: SlackStandIn) -> list[str]:
    """What the bot has called, in turn."""
    return [call.route for call in slack.requests]


async def ask_to_share(slack: SlackStandIn, topic: str = "forms") -> SlackReply:
    """Ask for a topic and press Share: what is shown before anything is posted."""
    reply = await slack.command("/ldn", topic)
    return await slack.press(reply, reply.labels["Share in this channel"])


async def share(slack: SlackStandIn, topic: str = "forms") -> SlackReply:
    """Ask for a topic and post it: what is said to the one who did."""
    shown = await ask_to_share(slack, topic)
    return await slack.press(shown, shown.labels["Post"])


async def post(slack: SlackStandIn, modal: SlackReply, label: str) -> SlackReply:
    """Press what posts; what the modal says then."""
    shown = await slack.press(modal, modal.labels[label])
    return shown if shown.via == "views.update" else await slack.another(shown)
