"""The documents that come with the bot, and the files that go with them."""

from pathlib import Path

SHIPPED = Path(__file__).parent
"""The folder that is served unless the settings name another."""
