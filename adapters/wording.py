"""The few sentences that every adapter says by itself, in the same words everywhere."""

from __future__ import annotations

APOLOGY = "Sorry, something went wrong here, and it is not your fault. Please try once more."
STALE_BUTTON = "This button is from an older version. Please use the command again."
UNKNOWN_COMMAND = "This command is not known here any more. Please try again in a few minutes."
CHOOSE = "Choose a topic to read"


def invite(title: str) -> str:
    """What a command says it does, in the list of commands; at most 100 characters."""
    return f"Ask about {title}. Only you see the answer."


QUESTION_HINT = "A topic, or a question in your own words. Empty shows the topics."
