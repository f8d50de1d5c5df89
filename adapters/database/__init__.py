"""The stores: SQLite in the data folder by default, PostgreSQL by `DATABASE_URL`.

This module imports nothing, so that its constant costs no driver.
"""

SQLITE_FILE = "ldn-bot.sqlite3"
"""The name of the SQLite database in the data folder."""
