"""``python -m wignerlohe``: the command line."""

from wignerlohe.cli import main

main()
