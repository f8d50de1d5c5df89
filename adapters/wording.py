"""The sentences that all adapters share. They are in English, and translated where they are shown
(`knowledge.language`).
"""

from __future__ import annotations

from knowledge.language import gettext_noop

APOLOGY = gettext_noop(
    "Sorry, something went wrong here, and it is not your fault. Please try once more."
)
STALE_BUTTON = gettext_noop("This button is from an older version. Please use the command again.")
UNKNOWN_COMMAND = gettext_noop(
    "This command is not known here any more. Please try again in a few minutes."
)
CHOOSE = gettext_noop("Choose a topic to read")
NOTE_LEAD = gettext_noop("Editor's note: {note}")
PAGE = gettext_noop("Page {page} of {pages}")

INVITE = gettext_noop("Ask about {title}. Only you see the answer.")
"""A command's description; at most 100 characters."""
QUESTION_HINT = gettext_noop("A topic, or a question in your own words. Empty shows the topics.")
MODERATE = gettext_noop("For moderators: post and pin answers of /{command}.")
ANSWER_WITH = gettext_noop("Answer with {name}")
"""The entry in a message's menu; at most 24 characters on Slack."""
MENTIONED = gettext_noop("Press the button to read what I found. Only you will see it.")
"""The only text that the bot posts in public without a press: it names nobody, and no subject."""
OPEN_PRIVATELY = gettext_noop("Open the answer, for me alone")
CLOSE = gettext_noop("Close")
SEARCH = gettext_noop("A topic, or a question in your own words")
