"""The program ``wignerlohe``, also as ``python -m wignerlohe``: the command line, once it is loaded."""

import os
import signal
import sys

from wignerlohe.signals import INTERRUPTED, SIGNALS, interrupt


def main() -> None:
    """Run the command line; SIGTERM is to it what Ctrl-C is. Either ends the process at once while it is loaded."""
    for number in SIGNALS:
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    from wignerlohe.cli import main as command_line

    for number in SIGNALS:
        signal.signal(number, interrupt)
    try:
        command_line()
    except KeyboardInterrupt:  # before a command has begun
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
