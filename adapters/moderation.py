"""Moderation: sharing, pinning and community settings, for both platforms.

What people press or type is passed to `PostKeeper` and to the community's settings, and the outcome
is returned as a `Response`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

from adapters import community_settings, statistics
from adapters.conversation import Aside, Caller, Reply, Response, first_word
from adapters.text import RENDER_CACHE_SIZE
from adapters.wording import UNKNOWN_COMMAND
from knowledge.actions import MODERATORS_ONLY, PUBLISHING, Action, Button, Verb, clip
from knowledge.answer import Answer
from knowledge.communities import Communities, CommunitySettings, Sharers, Visibility
from knowledge.desk import Desks
from knowledge.document import fold
from knowledge.errors import LdnBotError, UserFacingError
from knowledge.keeper import ListedPost, PostKeeper, ShareResult
from knowledge.language import Translator, gettext_noop, translator_for
from knowledge.posts import Place, PostOptions, PostState, PostStore
from knowledge.publishing import sentence_for
from knowledge.refreshing import RefreshResult
from knowledge.tallies import TallyCounter

log = logging.getLogger(__name__)

LISTED_AT_ONCE = 15
"""Posts in one listing, at most."""
ROOM = 1800
"""Characters of a listing, at most; a message on Discord holds 2000."""
FAULT_LIMIT = 300
"""Characters, at most, of the fault in the documents that is told above a listing."""

NOT_A_MODERATOR = gettext_noop(
    "This is for the group's moderators. Please ask one of them to do it for you."
)
ONLY_MODERATORS_SHARE = gettext_noop(
    "In this group the moderators share answers. Please ask one of them, or copy the text."
)
NO_SUCH_TOPIC = gettext_noop("There is no such topic. To see all topics, type /{command} topics.")
IN_A_CHANNEL = gettext_noop("Please use this command in a channel of your group.")
PRIVATE_ONLY = gettext_noop(
    "In this group answers are private, so nothing can be posted. A moderator can change that "
    "with /{command}-mod settings."
)
NO_CHANNEL = gettext_noop(
    "I cannot post here, because I am not a member of this place. "
    "You can copy the text of the answer instead."
)
RELOAD_FAILED = gettext_noop(
    "The documents were changed, but have a fault, so I still answer from the earlier ones: {fault}"
)


class Subcommand(StrEnum):
    """The words that moderators type after `/ldn-mod`."""

    PIN = "pin"
    PINS = "pins"
    UNPIN = "unpin"
    REFRESH = "refresh"
    SETTINGS = "settings"
    STATS = "stats"

    @property
    def description(self) -> str:
        """What it does, in the list of commands; at most 100 characters. In English."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Subcommand.PIN: gettext_noop("Post a topic in this channel and pin it."),
    Subcommand.PINS: gettext_noop("List what I have posted here, and whether it is current."),
    Subcommand.UNPIN: gettext_noop("Unpin a topic in this channel."),
    Subcommand.REFRESH: gettext_noop("Bring everything that I have posted here up to date."),
    Subcommand.SETTINGS: gettext_noop("Show or change who may share, and how answers look."),
    Subcommand.STATS: gettext_noop("How often each topic was asked for, week by week."),
}


class Moderation:
    """Does what people who share and moderators ask for."""

    def __init__(
        self,
        desks: Desks,
        keeper: PostKeeper,
        store: PostStore,
        communities: Communities,
        tally_counter: TallyCounter,
    ) -> None:
        self._desks = desks
        self._keeper = keeper
        self._store = store
        self._communities = communities
        self._tally_counter = tally_counter

    def post_buttons(
        self, caller: Caller, answer: Answer, settings: CommunitySettings
    ) -> tuple[Button, ...]:
        """The share and pin buttons under a private answer, as far as the caller may use them."""
        private = settings.visibility is Visibility.PRIVATE
        if not answer.section or not caller.channel or private:
            return ()
        verbs = []
        if caller.moderator or settings.share is Sharers.EVERYONE:
            verbs.append(Verb.PREVIEW_SHARE)
        if caller.moderator:
            verbs.append(Verb.PREVIEW_PIN)
        in_thread = bool(caller.reply_to)
        return _post_buttons(
            answer.command, answer.section, tuple(verbs), caller.language, in_thread
        )

    async def denial(self, caller: Caller, verb: Verb, command: str) -> str | None:
        """Why the caller, or the bot, may not do this here, as a sentence; None if both may.

        For verbs in `PUBLISHING` the settings are read from the store, for previews from the cache.
        """
        say = caller.say
        if not (caller.channel and caller.community):
            return say(NO_CHANNEL)
        if verb in MODERATORS_ONLY and not caller.moderator:
            return say(NOT_A_MODERATOR)
        if verb is Verb.SHOW_WEEK:
            return None
        # A preview must not wait for the store: to post, permission is checked again.
        look = self._communities.fetch if verb in PUBLISHING else self._communities.cached
        try:
            settings = await look(caller.platform, caller.community)
        except LdnBotError as error:
            _log_failure(error)
            return say(sentence_for(error))
        if settings.visibility is Visibility.PRIVATE:
            return say(PRIVATE_ONLY, command=command)
        if not caller.moderator and settings.share is Sharers.MODERATORS:
            return say(ONLY_MODERATORS_SHARE)
        return (caller.cannot_pin if verb in MODERATORS_ONLY else caller.cannot_post) or None

    async def publish(self, caller: Caller, action: Action, *, notify: bool = False) -> Response:
        """Post, pin or replace a pin, as a button says; an `Aside` says why that is denied."""
        if denial := await self.denial(caller, action.verb, action.command):
            return Aside(denial)
        work = {
            Verb.POST: self._keeper.share,
            Verb.POST_AND_PIN: self._keeper.pin,
            Verb.REPLACE_PIN: self._keeper.replace_oldest,
        }[action.verb]

        async def act() -> Reply:
            options = PostOptions(caller.reply_to, notify=notify)
            if not caller.moderator:
                settings = await self._communities.fetch(caller.platform, caller.community)
                options = replace(options, cooldown=settings.cooldown)
            shared = await work(caller.place, action.command, action.topic, options)
            return _share_reply(caller.say, shared, action)

        return await _with_errors_explained(caller, act)

    async def typed(self, caller: Caller, command: str, text: str) -> Response:
        """Do what a moderator typed as one line; without a known first word, explain the usage."""
        word, words = first_word(text)
        if word in set(Subcommand):
            return await self.command(caller, command, Subcommand(word), words)
        if refusal := self._refusal(caller, command):
            return refusal
        usage = (f"- /{command}-mod {each}: {caller.say(each.description)}" for each in Subcommand)
        return Reply("\n".join(usage))

    async def command(
        self, caller: Caller, command: str, subcommand: Subcommand, words: str = ""
    ) -> Response:
        """Do what a moderator asks for; `words` are those after the subcommand."""
        if refusal := self._refusal(caller, command):
            return refusal
        work: dict[Subcommand, Callable[[], Awaitable[Response]]] = {
            Subcommand.PIN: lambda: self._pin(caller, command, words),
            Subcommand.UNPIN: lambda: self._unpin(caller, command, words),
            Subcommand.PINS: lambda: self._list(caller),
            Subcommand.REFRESH: lambda: self._refresh(caller),
            Subcommand.SETTINGS: lambda: self._settings(caller, command, words),
            Subcommand.STATS: lambda: self._stats(caller, command),
        }
        return await _with_errors_explained(caller, work[subcommand])

    async def week(self, caller: Caller, action: Action) -> Response:
        """Show what was counted in the week that a button names, to moderators."""
        if denial := await self.denial(caller, action.verb, action.command):
            return Aside(denial)
        return await _with_errors_explained(
            caller, lambda: self._stats(caller, action.command, action.topic)
        )

    def _refusal(self, caller: Caller, command: str) -> Reply | None:
        if command not in self._desks:
            return Reply(caller.say(UNKNOWN_COMMAND))
        if not (caller.channel and caller.community):
            return Reply(caller.say(IN_A_CHANNEL))
        return None if caller.moderator else Reply(caller.say(NOT_A_MODERATOR))

    async def _pin(self, caller: Caller, command: str, topic: str) -> Response:
        section = self._section(command, topic)
        if section is None:
            return Reply(caller.say(NO_SUCH_TOPIC, command=command))
        return await self.publish(caller, Action(Verb.POST_AND_PIN, command, section))

    async def _unpin(self, caller: Caller, command: str, topic: str) -> Reply:
        say, section = caller.say, self._section(command, topic)
        # A section that was removed from the document may still be pinned, under its old names.
        known = {section or topic, fold(topic)}
        posts = [
            post
            for post in await self._store.at(caller.place)
            if post.pinned and post.command == command and known & {post.section, fold(post.title)}
        ]
        for post in posts:
            await self._keeper.unpin(post)
        if posts:
            return Reply(say("Unpinned."))
        if section is None:
            return Reply(say(NO_SUCH_TOPIC, command=command))
        return Reply(say("This topic is not pinned here by me."))

    async def _list(self, caller: Caller) -> Reply:
        place, say = caller.place, caller.say
        posts = await self._store.of(place.platform, place.community)
        fault = clip(self._desks.reload_error, FAULT_LIMIT)
        head = say(RELOAD_FAILED, fault=fault) + "\n\n" if fault else ""
        if not posts:
            return Reply(head + say("I have not posted anything here yet."))
        here = [post for post in posts if post.place == place]
        elsewhere = [post for post in posts if post.place != place]
        shown = [*here, *elsewhere][:LISTED_AT_ONCE]
        lines = [_line(say, listed, place) for listed in await self._keeper.listing(shown)]
        while len(head + "\n".join(lines)) > ROOM:
            lines.pop()
        if len(posts) > len(lines):
            more = say("… and {count} more.", count=len(posts) - len(lines))
            lines.append(f"- {more}")
        return Reply(head + "\n".join(lines))

    async def _refresh(self, caller: Caller) -> Reply:
        return Reply(refresh_summary(await self._bring_up_to_date(caller), caller.say))

    async def _bring_up_to_date(self, caller: Caller) -> RefreshResult:
        posts = await self._store.of(caller.platform, caller.community)
        done = await self._keeper.refresh(posts)
        if done.unsettled:
            self._keeper.retry_soon(caller.platform)
        return done

    async def _settings(self, caller: Caller, command: str, words: str) -> Reply:
        community = caller.platform, caller.community
        if changes := community_settings.changes(words, caller.say):
            settings = await self._communities.change(*community, changes)
        else:
            settings = await self._communities.fetch(*community)
        if "plain" in changes:
            # Posts that are in channels already change their style too.
            await self._bring_up_to_date(caller)
        return Reply(
            community_settings.describe(
                settings, command, caller.say, caller.platform, changed=bool(changes)
            )
        )

    async def _stats(self, caller: Caller, command: str, week: str = "") -> Reply:
        # Read before the first await, because the documents may be replaced during it.
        titles, this_week = self._desks[command].titles, self._tally_counter.this_week
        day = statistics.week_named(week, this_week)
        counted = await self._tally_counter.of_week(caller.platform, caller.community, day)
        return statistics.reply(caller, command, day, this_week, *counted, titles=titles)

    def _section(self, command: str, topic: str) -> str | None:
        answer = self._desks[command].lookup(topic)
        return answer.section if answer else None


def refresh_summary(done: RefreshResult, say: Translator) -> str:
    """What a refresh did, as text."""
    lines = [
        say(
            "Brought up to date: {edited}, of them withdrawn: {withdrawn}. "
            "Already current: {current}. Deleted meanwhile: {forgotten}.",
            edited=done.edited,
            withdrawn=done.withdrawn,
            current=done.current,
            forgotten=done.forgotten,
        )
    ]
    lines += (f"- {post.title}: {say(why)}" for post, why in done.failed[:LISTED_AT_ONCE])
    return "\n".join(lines)


_STATE_WORDS = {
    PostState.CURRENT: gettext_noop("current"),
    PostState.OUTDATED: gettext_noop("outdated"),
    PostState.WITHDRAWN: gettext_noop("withdrawn"),
    PostState.MISSING: gettext_noop("missing"),
}


def _line(say: Translator, listed: ListedPost, here: Place) -> str:
    post = listed.post
    marks: Iterable[str] = (
        say(_STATE_WORDS[listed.state]),
        say("pinned") if post.pinned else "",
        "" if post.place == here else say("in another channel"),
        say(post.reason),
    )
    said = ", ".join(mark.rstrip(".") for mark in marks if mark)
    title = f"[{post.title}]({listed.link})" if listed.link else post.title
    return f"- {title}: {said}."


def back_to(say: Translator, action: Action) -> Button:
    """A button back to the answer that an action is about."""
    return Button(Action(Verb.OPEN, action.command, action.topic), say("Back to the answer"))


def _share_reply(say: Translator, shared: ShareResult, action: Action) -> Reply:
    back = back_to(say, action)
    open_it = say("Open the post")
    link = f" [{open_it}]({shared.link})" if shared.link else ""
    if shared.pin_error:
        words = [say("Posted, but not pinned."), say(shared.pin_error)]
        buttons = [back]
        if shared.oldest_pin:
            swap = Action(Verb.REPLACE_PIN, action.command, action.topic, detail=action.detail)
            buttons.insert(0, Button(swap, say("Unpin the bot's oldest, pin this")))
            title = shared.oldest_pin.title
            words.append(say("I can unpin my own oldest pin, “{title}”.", title=title))
        return Reply(" ".join(words) + link, tuple(buttons))
    if shared.pinned:
        done = say("Posted and pinned.") if shared.is_new else say("It is pinned here.")
    else:
        done = say("Posted.") if shared.is_new else say("It was posted here a moment ago.")
    return Reply(f"{done}{link}", (back,))


@lru_cache(RENDER_CACHE_SIZE)
def _post_buttons(
    command: str, section: str, verbs: tuple[Verb, ...], language: str, in_thread: bool
) -> tuple[Button, ...]:
    """Buttons for a section, cached because most callers get the same."""
    say = translator_for(language)
    share = say("Share in this thread") if in_thread else say("Share in this channel")
    labels = {Verb.PREVIEW_SHARE: share, Verb.PREVIEW_PIN: say("Pin in this channel")}
    return tuple(Button(Action(verb, command, section), labels[verb]) for verb in verbs)


async def _with_errors_explained(
    caller: Caller, work: Callable[[], Awaitable[Response]]
) -> Response:
    """The outcome of some work; if it fails, the error is logged, and the reply explains it."""
    try:
        return await work()
    except LdnBotError as error:
        _log_failure(error)
        return Reply(caller.say(sentence_for(error)))


def _log_failure(error: LdnBotError) -> None:
    """Log an error that only the operator can mend."""
    if not isinstance(error, UserFacingError):
        log.warning("what somebody asked for could not be looked up or kept: %s", error)
