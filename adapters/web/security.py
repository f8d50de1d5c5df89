"""Protects the page from other sites: it serves only browsers on this machine, and accepts forms
only from itself.

Another site's page can send requests to 127.0.0.1 (CSRF), which the header Origin reveals, and
another site's name can be made to point there (DNS rebinding), which the header Host reveals
(https://owasp.org/www-community/attacks/csrf).
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

NAMES = ("127.0.0.1", "localhost", "[::1]")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer`, browsers send `Origin: null` with the page's own forms. This tells other
    # sites just as little.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@web.middleware
async def only_this_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A middleware that refuses requests for other hosts, or from other pages (403)."""
    if request.headers.get("Host", "") not in _own_hosts(request):
        raise web.HTTPForbidden(text="This page is for this machine alone.")
    if request.method not in ("GET", "HEAD") and not _is_from_here(request):
        raise web.HTTPForbidden(text="This did not come from this page.")
    return await handler(request)


def _own_hosts(request: web.Request) -> set[str]:
    """The allowed values of the header Host, with the port of the connection."""
    address = request.get_extra_info("sockname")
    return {f"{name}:{address[1]}" for name in NAMES} if address else set()


def _is_from_here(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return site == "same-origin" and request.headers.get("Origin") == f"http://{request.host}"


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers to every response; for `on_response_prepare`."""
    response.headers.update(HEADERS)
