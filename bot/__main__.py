"""The entry point of `ldn-bot` and `python -m bot`: what has to be done before all other imports.

SIGHUP tells a serving bot to read its documents again. The imports take most of a second, and
until the bot has installed its handler, the signal would end the process.
"""

import signal
import sys


def main() -> None:
    """Run the command line, with SIGHUP blocked until the bot can handle it."""
    if sys.argv[1:] in ([], ["run"]):
        # Blocked until `bot.serve` handles it, or a conversation begins, which SIGHUP should end
        # together with its terminal. Every other command may be ended by it at any time.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    from bot.cli import main

    main()


if __name__ == "__main__":
    main()
