"""The error that the store raises."""

from __future__ import annotations

from knowledge.errors import LdnBotError


class StoreError(LdnBotError):
    """The database cannot be used now; the text says what to mend. Nothing was changed."""


NEWER = (
    "The database was made by a newer version of ldn-bot. Install that version, or restore the "
    "backup from before the upgrade."
)
"""The text if the tables are those of a later version."""
