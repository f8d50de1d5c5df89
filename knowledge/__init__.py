"""The shared package: everything that the bot knows and decides.

It imports no platform, no web framework and no database, so that every adapter gives the same
answer to the same question. `knowledge.desk.HelpDesk` is its only entry point for questions.
"""
