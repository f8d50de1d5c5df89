"""Faults as Discord makes them."""

from __future__ import annotations

from tests.standins.recording import Fault


def rate_limited(
    retry_after: float = 0.05,
    *,
    everywhere: bool = False,
    retry_header: bool = True,
    from_discord: bool = True,
) -> Fault:
    """A 429 that asks to wait ``retry_after`` seconds.

    ``everywhere``: the global limit. ``retry_header=False`` leaves the wait to the JSON body.
    ``from_discord=False`` is the HTML page of the proxy in front of Discord, which discord.py takes
    for a ban and does not retry.
    """
    headers = {"Retry-After": str(max(1, round(retry_after)))} if retry_header else {}
    if not from_discord:
        return Fault(status=429, body="<html>Access denied</html>", headers=headers)
    headers |= {"Via": "1.1 google", "X-RateLimit-Scope": "global" if everywhere else "user"}
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": retry_after,
        "global": everywhere,
    }
    return Fault(status=429, body=body, headers=headers)


def server_error(status: int = 500, *, applied: bool = False) -> Fault:
    """A 5xx; ``applied``: what was asked was done all the same.

    discord.py tries again after 500, 502, 504 and 524 (1 s later, then 3, 5, 7), not after others.
    """
    return Fault(status=status, body={"message": "Server error", "code": 0}, applied=applied)


def refused(status: int, code: int, message: str = "refused") -> Fault:
    """An error of Discord's API, such as ``refused(403, 50013)``."""
    return Fault(status=status, body={"message": message, "code": code})
