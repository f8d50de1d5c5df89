"""`/ldn-mod settings`: every word sets what it says, and a wrong one sets nothing."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.community_settings import (
    CHOICES,
    COOLDOWN,
    MEANINGS,
    UnknownSettingError,
    changes,
    describe,
)
from adapters.conversation import Reply
from adapters.discord import render as discord
from adapters.slack import render as slack
from knowledge.communities import MAX_COOLDOWN, CommunitySettings, Sharers, Visibility
from knowledge.language import ENGLISH, LANGUAGES, translator_for
from knowledge.markup import Block
from knowledge.posts import Platform

SAY = translator_for(ENGLISH)
USUAL = CommunitySettings()
OTHER = CommunitySettings(
    Sharers.MODERATORS, Visibility.PRIVATE, plain=True, cooldown=timedelta(minutes=7)
)

WORDS = {
    "share=everyone": {"share": Sharers.EVERYONE},
    "share=moderators": {"share": Sharers.MODERATORS},
    "visibility=selectable": {"visibility": Visibility.SELECTABLE},
    "visibility=private": {"visibility": Visibility.PRIVATE},
    "plain=on": {"plain": True},
    "plain=off": {"plain": False},
    "cooldown=0": {"cooldown": timedelta()},
    "cooldown=10": {"cooldown": timedelta(minutes=10)},
    "cooldown=007": {"cooldown": timedelta(minutes=7)},
    "cooldown=1440": {"cooldown": MAX_COOLDOWN},
}


def test_every_word_that_can_be_set_is_tried_here() -> None:
    every = {f"{name}={each.value}" for name, words in CHOICES.items() for each in words}
    assert every <= set(WORDS)
    assert {word.partition("=")[0] for word in WORDS} == set(MEANINGS) == {*CHOICES, COOLDOWN}
    assert set(MEANINGS) == {field.name for field in dataclasses.fields(CommunitySettings)}


@pytest.mark.parametrize(("word", "values"), WORDS.items(), ids=WORDS)
def test_a_word_sets_what_it_says_and_nothing_else(word: str, values: dict[str, object]) -> None:
    for typed in (word, word.upper(), f"  {word.title()}\n"):
        found = changes(typed, SAY)
        assert found == values
        assert [type(each) for each in found.values()] == [type(each) for each in values.values()]


def test_several_words_set_several_things_at_once() -> None:
    typed = "share=moderators visibility=private plain=on cooldown=7"
    assert changes(typed, SAY) == dataclasses.asdict(OTHER)
    assert changes("  ".join(reversed(typed.split())), SAY) == dataclasses.asdict(OTHER)


def test_of_two_words_for_the_same_the_last_holds() -> None:
    assert changes("plain=on cooldown=5 plain=off", SAY) == {
        "plain": False,
        "cooldown": timedelta(minutes=5),
    }


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_no_word_changes_nothing(nothing: str) -> None:
    assert changes(nothing, SAY) == {}


WRONG = {
    "share=all": "“share=all” is not one of: share=everyone, share=moderators.",
    "share=": "“share=” is not one of: share=everyone, share=moderators.",
    "share": "“share” is not one of: share=everyone, share=moderators.",
    "visibility=public": (
        "“visibility=public” is not one of: visibility=selectable, visibility=private."
    ),
    "plain=yes": "“plain=yes” is not one of: plain=on, plain=off.",
    "plain=true": "“plain=true” is not one of: plain=on, plain=off.",
    **dict.fromkeys(
        (
            *("cooldown=-1", "cooldown=1.5", "cooldown=ten", "cooldown=", "cooldown"),
            *("cooldown=1441", "cooldown=9999999999", "cooldown=１", "cooldown=²", "cooldown=1=1"),
            *("cooldown=0000000001441", f"cooldown=000000000{'9' * 30}", f"cooldown={'1' * 5000}"),
        ),
        "The cooldown is a whole number of minutes, from 0 to 1440.",
    ),
    "colour=blue": "There is no setting “colour”. There are: share, visibility, plain, cooldown.",
    "=on": "There is no setting “”. There are: share, visibility, plain, cooldown.",
    "moderators": (
        "There is no setting “moderators”. There are: share, visibility, plain, cooldown."
    ),
}


@pytest.mark.parametrize(("word", "sentence"), WRONG.items(), ids=lambda text: text[:24])
def test_a_wrong_word_is_one_sentence_that_says_what_would_be_right(
    word: str, sentence: str
) -> None:
    for typed in (word, f"plain=on {word}", f"{word} plain=on"):
        with pytest.raises(UnknownSettingError) as caught:
            changes(typed, SAY)
        assert str(caught.value) == sentence


@given(st.text(max_size=60) | st.text("=0123456789 cooldownshareplain", max_size=60))
def test_whatever_is_typed_either_sets_what_can_be_or_is_a_sentence(typed: str) -> None:
    try:
        found = dataclasses.replace(USUAL, **changes(typed, SAY))
    except UnknownSettingError as error:
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert timedelta() <= found.cooldown <= MAX_COOLDOWN


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("held", [USUAL, OTHER], ids=["usual", "other"])
def test_what_is_said_to_hold_can_be_typed_to_make_it_hold(
    held: CommunitySettings, language: str, platform: Platform
) -> None:
    text = describe(held, "garden", translator_for(language), platform, changed=False)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == len(MEANINGS)
    words = [line.rpartition(": ")[2] for line in lines]
    assert changes(" ".join(words), translator_for(language)) == dataclasses.asdict(held)
    assert "/garden-mod settings" in text
    assert "{" not in text


def test_the_example_that_is_given_can_be_typed() -> None:
    text = describe(USUAL, "garden", SAY, Platform.SLACK, changed=False)
    example = text.rpartition("for example, ")[2].rstrip(".")
    assert dataclasses.replace(USUAL, **changes(example, SAY)) != USUAL


def test_on_discord_where_only_options_can_be_set_they_are_named_and_no_words_to_type() -> None:
    text = describe(USUAL, "garden", SAY, Platform.DISCORD, changed=False)
    usage = text.splitlines()[-1]
    assert usage.endswith(f"the options of /garden-mod settings: {', '.join(MEANINGS)}.")
    assert "=" not in usage


def test_what_was_saved_is_said_to_hold_from_now_on() -> None:
    before, after = (
        describe(USUAL, "garden", SAY, Platform.SLACK, changed=each) for each in (False, True)
    )
    assert before.splitlines()[0] == "In this community:"
    assert after.splitlines()[0] == "Saved. From now on:"
    assert before.splitlines()[1:] == after.splitlines()[1:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_setting_is_about_fits_the_list_of_commands(language: str) -> None:
    for meaning in MEANINGS.values():
        assert 1 <= len(translator_for(language)(meaning)) <= 100


@pytest.mark.parametrize("render", [slack.render_reply, discord.render_reply])
async def test_what_a_moderator_typed_is_not_kept(render: Callable[[Reply], object]) -> None:
    with pytest.raises(UnknownSettingError, match="xylophone") as caught:
        changes("xylophone=1", SAY)
    render(Reply(str(caught.value)))
    gc.collect()
    blocks = [each for each in gc.get_objects() if type(each) is Block]
    kept = [span.text for block in blocks for span in block.spans if "xylophone" in span.text]
    assert not kept
