"""Whether the bot in this container is well: exit status 0 if it is, 1 if not.

With LDN_HEALTH_PORT it asks the serving process itself. Without, it looks at what that process
needs. Standard library alone, so that asking every minute costs next to nothing.
"""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_S = 10.0


def healthy(host: str, port: int) -> bool:
    """Whether the process that serves says so."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    if port := os.environ.get("LDN_HEALTH_PORT"):
        # `0.0.0.0` and `::`, at which it listens everywhere, lead to this machine too.
        sys.exit(not healthy(os.environ.get("LDN_HEALTH_HOST") or "127.0.0.1", int(port)))
    os.execvp("ldn-bot", ["ldn-bot", "doctor", "--offline"])
