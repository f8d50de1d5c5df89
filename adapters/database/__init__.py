"""The store: SQLite in the data folder by default, PostgreSQL by `DATABASE_URL`.

Nothing is imported here, so that whoever needs one table does not pay for a driver.
"""

SQLITE_FILE = "ldn-bot.sqlite3"
"""The database's name in the data folder, where no other database is set."""
