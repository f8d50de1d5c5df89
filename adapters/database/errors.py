"""What is said when the store cannot do its work."""

from __future__ import annotations

from knowledge.errors import LdnBotError


class StoreError(LdnBotError):
    """The database cannot be used now; the text says what to mend. What was asked is not done."""


NEWER = (
    "The database was made by a newer version of ldn-bot. Install that version, or restore the "
    "backup from before the upgrade."
)
"""What is said where its tables are those of a later version."""
