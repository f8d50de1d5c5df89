"""The store: SQLite in the data folder by default, PostgreSQL by `DATABASE_URL`.

Nothing is imported here, so that whoever needs one table does not pay for a driver.
"""
