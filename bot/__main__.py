"""`ldn-bot`, which `python -m bot` is too: what has to come before everything else is imported.

A bot that serves is told by SIGHUP to read its documents anew. Until it can hear that, most of a
second goes by with imports, and by itself the signal would end the process.
"""

import signal
import sys


def main() -> None:
    """Run the command line; a signal to reload waits until the bot can follow it."""
    if sys.argv[1:] in ([], ["run"]):
        # Held back until `bot.serve` listens, or a conversation begins, which may end with its
        # terminal. Every other command may from its beginning.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    from bot.cli import main

    main()


if __name__ == "__main__":
    main()
