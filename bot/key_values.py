"""FileKeyValueStore: a few short texts in one JSON file, which outlive a restart. Nothing about any
member.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path

from bot.settings import Settings

log = logging.getLogger(__name__)


class FileKeyValueStore:
    """Texts by key. A file that cannot be read or written is no error: the text is lost."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> str | None:
        """The text under a key; None if there is none."""
        value = self._read().get(key)
        return value if isinstance(value, str) else None

    def set(self, key: str, value: str) -> None:
        """Store a text. The file is replaced atomically, so a crash leaves the old or the new."""
        texts = {**self._read(), key: value}
        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(texts, indent=1), encoding="utf-8")
            new.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            log.warning(
                "%s cannot be written (%s). Set LDN_DATA to a folder that can be.",
                self._path,
                error.strerror,
            )

    def _read(self) -> dict[str, object]:
        try:
            texts = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return texts if isinstance(texts, dict) else {}


def key_value_store(settings: Settings) -> FileKeyValueStore:
    """The store in the data folder."""
    return FileKeyValueStore(settings.data / "memory.json")
