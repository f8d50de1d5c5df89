"""Where people ask, and where posts are kept: a package for each platform, for the page and for the
database. None of them imports another. What they share stands in the modules beside them, of which
none imports a package.
"""
