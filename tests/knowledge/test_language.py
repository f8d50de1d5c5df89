"""The interface's languages: catalogues that are whole, and true to what the code says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from adapters import community_settings
from adapters.discord.commands import DESCRIPTION_LIMIT, TOPIC_HINT
from adapters.discord.render import PREVIEW_ROOM
from adapters.moderation import Subcommand
from adapters.reception import PREVIEW, REASONS
from adapters.slack.manifest import SHORTCUT_NAME_LIMIT
from adapters.slack.render import LABEL_LIMIT
from adapters.slack.surfaces import TITLE_LIMIT
from adapters.wording import (
    ANSWER_WITH,
    CLOSE,
    INVITE,
    MODERATE,
    OPEN_PRIVATELY,
    QUESTION_HINT,
)
from knowledge.language import (
    DOMAIN,
    ENGLISH,
    LANGUAGES,
    LOCALES,
    language_for,
    language_name,
    translator_for,
)
from knowledge.library import Library

ROOT = Path(__file__).parents[2]
PACKAGES = ("adapters", "knowledge")
MARKS = ("say", "_say", "gettext_noop")
"""What Babel looks for; the commands in CONTRIBUTING.md name the same."""
TRANSLATED = tuple(language for language in LANGUAGES if language != ENGLISH)

SAME_AS_IN_ENGLISH: dict[str, set[str]] = {}
"""Messages that a language says with the very words of English."""

SHORT_AS_A_LABEL = 30
"""Characters: a message that is no longer than this in English may stand on a button."""

each_language = pytest.mark.parametrize("language", TRANSLATED)


@cache
def messages() -> frozenset[str]:
    """Every message in the code."""
    return frozenset(
        message
        for package in PACKAGES
        for _, _, message, _, _ in extract_from_dir(ROOT / package, keywords=dict.fromkeys(MARKS))
        if isinstance(message, str)
    )


def file_of(language: str, suffix: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}{suffix}"


@cache
def catalogue(language: str) -> Catalog:
    with file_of(language, ".po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def texts(catalogue: Catalog) -> dict[str, str]:
    """What each message is translated to."""
    return {str(each.id): str(each.string) for each in catalogue if each.id}


# The catalogues


def test_there_is_more_than_english() -> None:
    assert {"de", "es"} <= set(TRANSLATED)
    assert len(messages()) > 100


@each_language
def test_a_catalogue_translates_every_message_of_the_code_and_no_other(language: str) -> None:
    translated = {id for id, text in texts(catalogue(language)).items() if text.strip()}
    assert messages() - translated == set(), "not translated"
    assert translated - messages() == set(), "not in the code any more"
    assert not catalogue(language).obsolete


@each_language
def test_no_translation_is_a_guess_of_babels(language: str) -> None:
    assert [each.id for each in catalogue(language) if each.id and each.fuzzy] == []


def names_in(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


_KEPT = re.compile(
    r"\*\*|\bldn-bot [a-z]+|/[a-z{][a-z}-]*(?: settings)?|\{command\} (?:topics|helplines)"
    r"|\b[a-z]+=\w+"
)


def kept_in(text: str) -> list[str]:
    """What is typed or dressed, and has to stand in a translation too, as often."""
    return sorted(_KEPT.findall(text))


@each_language
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    for id, text in texts(catalogue(language)).items():
        assert names_in(text) == names_in(id), text


@each_language
def test_a_translation_keeps_marks_commands_and_settings(language: str) -> None:
    for id, text in texts(catalogue(language)).items():
        assert kept_in(text) == kept_in(id), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_hold_a_backtick_for_renderers_show_it_as_it_stands(language: str) -> None:
    assert [each for each in messages() if "`" in translator_for(language)(each)] == []


@each_language
def test_a_translation_begins_and_ends_like_its_message(language: str) -> None:
    """Pieces are put together with others, so none may bring a blank or lose its full stop."""
    for id, text in texts(catalogue(language)).items():
        assert text == text.strip(), text
        assert text[-1] == id[-1] or {text[-1], id[-1]}.isdisjoint(".:?"), text


@each_language
def test_numbers_are_those_of_the_message(language: str) -> None:
    for id, text in texts(catalogue(language)).items():
        assert re.findall(r"\d+", text) == re.findall(r"\d+", id), text


@each_language
def test_a_language_has_words_of_its_own(language: str) -> None:
    same = {id for id, text in texts(catalogue(language)).items() if text == id}
    assert same == SAME_AS_IN_ENGLISH.get(language, set())


@each_language
def test_what_is_loaded_is_what_was_translated(language: str) -> None:
    with file_of(language, ".mo").open("rb") as file:
        assert texts(read_mo(file)) == texts(catalogue(language))


# The code


def literals_said(tree: ast.AST) -> Iterator[str]:
    """Every text that is handed to something that translates, however it is called."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called, first = node.func, node.args[0]
        if isinstance(called, ast.Call):  # words_in(language)("…")
            called = called.func
            marks: tuple[str, ...] = ("words_in",)
        else:
            marks = MARKS
        name = getattr(called, "attr", getattr(called, "id", ""))
        if name in marks:
            for value in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                if isinstance(value, ast.JoinedStr):
                    yield f"an f-string: {ast.unparse(value)}"
                elif isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def test_whatever_the_code_says_is_found_by_babel() -> None:
    """Babel does not see a call within an f-string, nor one of a call's result."""
    said = {
        text
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for text in literals_said(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert len(said) > 100
    assert said - messages() == set()


# Choosing a language


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("en-GB", "en"),
        ("en_US", "en"),
        ("es-419", "es"),
        ("es-ES", "es"),
        ("es_MX", "es"),
        ("pt-BR", "en"),
        ("zh-TW", "en"),
        ("", "en"),
        ("-", "en"),
        ("no such locale", "en"),
        ("../../de", "en"),
        (None, "en"),
    ],
)
def test_a_locale_gets_its_language_or_english(locale: str | None, language: str) -> None:
    assert language_for(locale) == language


def test_words_come_in_the_readers_language_with_their_values() -> None:
    assert translator_for("de")("Page {page} of {pages}", page=1, pages=2) == "Seite 1 von 2"
    assert translator_for("es")("Page {page} of {pages}", page=1, pages=2) == "Página 1 de 2"
    assert translator_for("en")("Page {page} of {pages}", page=1, pages=2) == "Page 1 of 2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_in_no_catalogue_stays_as_it_is(language: str) -> None:
    assert translator_for(language)("") == ""
    assert translator_for(language)("Said by nobody: {brace") == "Said by nobody: {brace"


def test_a_language_is_named_in_the_readers_own() -> None:
    assert (language_name("en", "de"), language_name("en", "es")) == ("Englisch", "inglés")


# What platforms have room for


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_and_descriptions_are_not_cut_in_any_language(
    language: str, library: Library
) -> None:
    say = translator_for(language)
    descriptions = [QUESTION_HINT, TOPIC_HINT, *community_settings.MEANINGS.values()]
    descriptions += [subcommand.description for subcommand in Subcommand]
    for text in descriptions:
        assert len(say(text)) <= DESCRIPTION_LIMIT, say(text)
    for document in library.documents:
        name = document.command
        assert len(say(INVITE, title=document.title)) <= DESCRIPTION_LIMIT
        assert len(say(MODERATE, command=name)) <= DESCRIPTION_LIMIT
        assert len(say(ANSWER_WITH, name=name.upper())) <= SHORTCUT_NAME_LIMIT
    assert len(say(CLOSE)) <= TITLE_LIMIT
    assert len(say(PREVIEW)) + len("\n\n") <= PREVIEW_ROOM


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_are_not_cut_in_any_language(language: str) -> None:
    labels = [each for each in messages() if len(each) <= SHORT_AS_A_LABEL]
    assert {OPEN_PRIVATELY, *REASONS.values(), "Back to the answer"} <= set(labels)
    for label in labels:
        assert len(translator_for(language)(label)) <= LABEL_LIMIT, label
