"""Languages: translates the interface's own words into the reader's language, with gettext.

The code holds the words in English; the catalogues in `locales/` (made with Babel) translate them.
A document's text is never translated. By convention a translator is called `say`, because that is
the name that `pybabel extract` looks for.
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
"""Every language with a catalogue, and English."""


class Translator(Protocol):
    """Translates the interface's words into one language."""

    def __call__(self, message: str, /, **values: object) -> str:
        """The translation of an English message, with each `{name}` replaced by its value.

        A message that is not in the catalogue stays in English.
        """


def gettext_noop(text: str) -> str:
    """Mark a message for translation, and return it unchanged; it is translated where it is shown.

    `pybabel extract` looks for calls of `gettext_noop` and `say`.
    """
    return text


@lru_cache
def translator_for(language: str) -> Translator:
    """The translator into a language; into English if there is no such catalogue."""
    catalogue = gettext.translation(DOMAIN, LOCALES, [language], fallback=True)

    def say(message: str, /, **values: object) -> str:
        # In a catalogue, the empty message is its own description.
        text = catalogue.gettext(message) if message else ""
        return text.format(**values) if values else text

    return say


@lru_cache
def language_for(locale: str | None) -> str:
    """The language of the interface for a platform's locale, such as `es-419`, `de` or `en_GB`."""
    wanted = [(locale or "").replace("-", "_").casefold()]
    return negotiate_locale(wanted, LANGUAGES) or ENGLISH


@lru_cache
def language_name(language: str, reader: str) -> str:
    """The name of a language in the reader's language: `language_name("en", "es")` is `inglés`."""
    with suppress(UnknownLocaleError):
        return Locale.parse(language.replace("-", "_")).get_language_name(reader) or language
    return language
