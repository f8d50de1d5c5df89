"""Why an address and port cannot be listened on, in the system's words."""

from __future__ import annotations

import errno
import os
import socket


def why_nothing_listens(error: OSError) -> str | None:
    """What the system says of an error that asyncio raised when a server was to be started.

    asyncio puts words of its own around it, which change with Python's version.
    """
    if isinstance(error, socket.gaierror):  # its numbers are none of the system's
        return error.strerror
    # From Python 3.12 on there is no number where the address is none of this machine.
    return os.strerror(error.errno or errno.EADDRNOTAVAIL)
