"""Languages: the interface's own words, in the language of whoever reads them.

The code holds the words in English, and gettext's catalogues translate them (`locales/`, made with
Babel). What a document says is never translated: it stays in the document's language.
"""

from __future__ import annotations

import gettext
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from babel import Locale, UnknownLocaleError, negotiate_locale

DOMAIN = "ldn-bot"
LOCALES = Path(__file__).parent / "locales"
ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.parts[-3] for path in LOCALES.glob("*/LC_MESSAGES/*.po")))
"""Every language that the interface speaks."""


class Say(Protocol):
    """Puts the interface's words into one language."""

    def __call__(self, message: str, /, **values: object) -> str:
        """A message of the catalogue, with `{names}` replaced by values."""


def gettext_noop(text: str) -> str:
    """Marks words that are translated later, where it is known for whom. Returns them as they are.

    `pybabel extract` looks for calls of `gettext_noop` and `say`.
    """
    return text


@lru_cache
def words_in(language: str) -> Say:
    """What says things in a language; in English where there is no such catalogue."""
    catalogue = gettext.translation(DOMAIN, LOCALES, [language], fallback=True)

    def say(message: str, /, **values: object) -> str:
        # In a catalogue, the empty message is its own description.
        text = catalogue.gettext(message) if message else ""
        return text.format(**values) if values else text

    return say


@lru_cache
def language_for(locale: str | None) -> str:
    """The language that suits a locale as platforms write it (`es-419`, `de`, `en_GB`)."""
    wanted = [(locale or "").replace("-", "_").casefold()]
    return negotiate_locale(wanted, LANGUAGES) or ENGLISH


@lru_cache
def name_of(language: str, reader: str) -> str:
    """What a reader's language calls a language: `name_of("en", "es")` is `inglés`."""
    with suppress(UnknownLocaleError):
        return Locale.parse(language.replace("-", "_")).get_language_name(reader) or language
    return language
