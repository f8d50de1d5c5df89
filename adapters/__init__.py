"""Adapters: a package for each platform, for the local page, and for the database.

No package imports another. What they share is in the modules beside them, which import none of the
packages.
"""
