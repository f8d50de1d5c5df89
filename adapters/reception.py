"""Reception: decides what people are shown for what they type and press, on every platform.

An adapter translates an event into a `Caller` and a question or an `Action`, passes them in here,
and renders the `Response` that is returned.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from adapters.conversation import AnswerPage, Aside, Caller, Menu, PostPreview, Reply, Response
from adapters.moderation import Moderation, back_to
from adapters.wording import STALE_BUTTON, UNKNOWN_COMMAND
from knowledge.actions import Action, Button, Verb
from knowledge.answer import Answer, Choice, Kind
from knowledge.communities import Communities
from knowledge.compose import MENU
from knowledge.desk import Desks, HelpDesk
from knowledge.language import gettext_noop
from knowledge.metrics import Metrics
from knowledge.tallies import Reason, TallyCounter

NOTIFY = "n"
"""A mark after a message's id in an action's detail: the message's author is to be pinged."""
MOST_CHOICES = 25
"""Topics in the menu of a preview, at most: as many as a menu on Discord holds."""

PREVIEW = gettext_noop("Preview. This is what everyone in this channel will see:")
NOTHING_TO_POST = gettext_noop(
    "No section fits for certain, so this is for you alone. You can choose a section to post."
)
MAY_BE_DESPAIR = gettext_noop(
    "This message may need a person first. Only you see this. You can choose a section to post."
)
CHOOSE_TO_POST = gettext_noop("Choose another section")
WHAT_IS_WRONG = gettext_noop(
    "What is wrong with “{title}”? Only the section, your reason and the platform are counted. "
    "Nobody learns who pressed this."
)
COUNTED = gettext_noop("Thank you. The people who look after the document will see it counted.")
REASONS = {
    Reason.UNCLEAR: gettext_noop("It is hard to understand"),
    Reason.OUTDATED: gettext_noop("It is out of date"),
    Reason.MISSING: gettext_noop("Something is missing"),
}


class Reception:
    """Shared by all adapters. It stores nothing about anyone."""

    def __init__(
        self,
        desks: Desks,
        moderation: Moderation,
        communities: Communities,
        tally_counter: TallyCounter,
        metrics: Metrics | None = None,
    ) -> None:
        self.desks = desks
        self.moderation = moderation
        self.metrics = metrics or Metrics()
        self._communities = communities
        self._tally_counter = tally_counter

    async def ask(self, caller: Caller, command: str, question: str) -> AnswerPage | Aside:
        """Answer a question, for the asker alone; `command` names the document."""
        desk = self.desks.get(command)
        if desk is None:
            return Aside(caller.say(UNKNOWN_COMMAND))
        return await self._answer_page(caller, desk.ask(question, caller.language), asked=True)

    async def menus(self, caller: Caller) -> list[AnswerPage]:
        """The menu of every document, for a place that shows all of them."""
        return [
            await self._answer_page(caller, desk.ask(MENU, caller.language))
            for desk in self.desks.values()
        ]

    async def act(self, caller: Caller, action: Action | None, question: str = "") -> Response:
        """Do what a button or menu says.

        Args:
            caller: who pressed it. Their permission is checked at every use, because a button may
                be old, forged, or pressed by somebody else than it was made for.
            action: what its identifier says; None if that is not one of ours.
            question: the text that came with `Verb.ASK`.
        """
        desk = self.desks.get(action.command) if action else None
        if action is None or desk is None:
            return Aside(caller.say(STALE_BUTTON))
        match action.verb:
            case Verb.OPEN | Verb.CHOOSE:
                # If the topic was removed since the button was made, its name is searched for.
                answer = desk.ask(action.topic, caller.language)
                asked = action.verb is Verb.CHOOSE
                return await self._answer_page(caller, answer, action.page, asked=asked)
            case Verb.ASK:
                return await self.ask(caller, action.command, question)
            case Verb.ASK_REASON | Verb.REPORT_REASON:
                return self._report(caller, desk, action)
            case Verb.PREVIEW_SHARE | Verb.PREVIEW_PIN | Verb.PREVIEW_REPLY:
                return await self._preview(caller, desk, action)
            case Verb.POST | Verb.POST_AND_PIN | Verb.REPLACE_PIN:
                reply_to, notify = _reply_target(action)
                caller = replace(caller, reply_to=reply_to or caller.reply_to)
                return await self.moderation.publish(caller, action, notify=notify)
            case Verb.SHOW_WEEK:
                return await self.moderation.week(caller, action)

    def count(self, caller: Caller, response: Response) -> None:
        """Count an answer to a question in the event loop's next iteration.

        So an answer that is sent as the acknowledgement is not delayed by counting.
        """
        if isinstance(response, AnswerPage) and response.asked:
            asyncio.get_running_loop().call_soon(self._count, caller, response.answer)

    def _count(self, caller: Caller, answer: Answer) -> None:
        self._tally_counter.count(caller.platform, caller.community, answer)
        self.metrics.answered(caller.platform, answer)

    async def draft(self, caller: Caller, command: str, text: str, reply_to: str = "") -> Response:
        """Show what could be posted as an answer to somebody's message.

        Args:
            caller: who wants to answer it.
            command: the document to answer from.
            text: the message's text.
            reply_to: the message's id, if the buttons have to hold it; empty if `caller` does.
        """
        desk = self.desks.get(command)
        if desk is None:
            return Aside(caller.say(UNKNOWN_COMMAND))
        answer = desk.ask(text, caller.language)
        found = Choice(answer.section, answer.heading) if answer.section else None
        best = (*((found,) if found else ()), *answer.choices, *desk.suggest(text, MOST_CHOICES))
        # If the message may be a cry for help, the helper is told so, and nothing is proposed.
        topic = "" if answer.crisis else answer.section or ""
        action = Action(Verb.PREVIEW_REPLY, command, topic, detail=reply_to)
        response = await self._preview(caller, desk, action, answer, best)
        # If nothing can be posted here, the helper can still read the answer.
        return await self._answer_page(caller, answer) if isinstance(response, Aside) else response

    async def _answer_page(
        self, caller: Caller, answer: Answer, number: int = 1, *, asked: bool = False
    ) -> AnswerPage:
        if answer.kind is Kind.CRISIS:
            return AnswerPage(answer, asked=asked)  # without waiting for any setting
        settings = await self._communities.cached(caller.platform, caller.community)
        if settings.plain:
            answer = replace(answer, plain=True)
        return AnswerPage(
            answer, number, self.moderation.post_buttons(caller, answer, settings), asked
        )

    async def _preview(
        self,
        caller: Caller,
        desk: HelpDesk,
        action: Action,
        private: Answer | None = None,
        best: tuple[Choice, ...] = (),
    ) -> PostPreview | Aside:
        """A preview of posting a section; `private` is shown if there is no section to post."""
        if denial := await self.moderation.denial(caller, action.verb, action.command):
            return Aside(denial)
        # A post is in the document's language, whoever posts it.
        section = desk.lookup(action.topic) if action.topic in desk.document.by_id else None
        answer = section or private
        if answer is None:
            return Aside(caller.say(STALE_BUTTON))
        settings = await self._communities.cached(caller.platform, caller.community)
        answer = replace(answer, plain=settings.plain)
        if action.verb is not Verb.PREVIEW_REPLY:
            return PostPreview(answer, caller.say(PREVIEW), self._preview_buttons(caller, action))
        hint = MAY_BE_DESPAIR if answer.crisis else NOTHING_TO_POST
        sections = (Choice(each.id, each.title) for each in desk.document.sections)
        choices = {choice.topic: choice for choice in (*best, *sections)}
        return PostPreview(
            answer,
            caller.say(PREVIEW if section else hint),
            self._preview_buttons(caller, action) if section else (),
            Menu(
                replace(action, topic=""),
                tuple(choices.values())[:MOST_CHOICES],
                caller.say(CHOOSE_TO_POST),
            ),
        )

    def _preview_buttons(self, caller: Caller, action: Action) -> tuple[Button, ...]:
        """The buttons under a preview."""
        say = caller.say

        def button(verb: Verb, label: str, detail: str = action.detail) -> Button:
            made = Action(verb, action.command, action.topic, detail=detail)
            return Button(made, label)

        match action.verb:
            case Verb.PREVIEW_SHARE:
                label = say("Post in this thread") if caller.reply_to else say("Post")
                return (button(Verb.POST, label), back_to(say, action))
            case Verb.PREVIEW_PIN:
                return (button(Verb.POST_AND_PIN, say("Post and pin")), back_to(say, action))
        reply_to, notify = _reply_target(action)
        label = say("Post as a reply") if reply_to else say("Post in this thread")
        buttons = [button(Verb.POST, label)]
        if caller.moderator:
            buttons.append(button(Verb.POST_AND_PIN, say("Post and pin")))
        if reply_to:
            label = say("Notify the author: yes") if notify else say("Notify the author: no")
            toggled = reply_to if notify else reply_to + NOTIFY
            buttons.append(button(Verb.PREVIEW_REPLY, label, toggled))
        return tuple(buttons)

    def _report(self, caller: Caller, desk: HelpDesk, action: Action) -> Reply | Aside:
        say, section = caller.say, desk.document.by_id.get(action.topic)
        reasons = {reason.value: reason for reason in Reason}
        if section is None or (action.verb is Verb.REPORT_REASON and action.detail not in reasons):
            return Aside(say(STALE_BUTTON))
        back = back_to(say, action)
        if action.verb is Verb.REPORT_REASON:
            reason = reasons[action.detail]
            self._tally_counter.report(caller.platform, action.command, section.id, reason)
            return Reply(say(COUNTED), (back,))
        buttons = (
            Button(
                Action(Verb.REPORT_REASON, action.command, section.id, detail=reason), say(label)
            )
            for reason, label in REASONS.items()
        )
        return Reply(say(WHAT_IS_WRONG, title=section.title), (*buttons, back))


def _reply_target(action: Action) -> tuple[str, bool]:
    """The id of the message in an action's detail (or empty), and whether to ping its author."""
    message = action.detail.removesuffix(NOTIFY)
    return (message, action.detail != message) if message.isdigit() else ("", False)
