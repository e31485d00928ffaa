"""Start a command of the toolbox with a Python that Odoo 19 supports.

This file is read by any Python 3, so it must stay free of newer syntax.
"""

import os
import shutil
import sys

OLDEST, NEWEST = (3, 10), (3, 13)


def run(command):
    """Run ``toolbox.<command>``, with another Python if this one does not fit."""
    sys.dont_write_bytecode = True
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        _start_again()
    from importlib import import_module

    console = import_module("toolbox.console")
    console.main(import_module("toolbox." + command).run)


def _start_again():
    """Replace this process by the same command under a supported Python."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        python = shutil.which(f"python3.{minor}")
        if python:
            os.execv(python, [python, *sys.argv])
    found = "{}.{}".format(*sys.version_info)
    sys.exit(
        f"Python {found} cannot run Odoo 19, which needs Python 3.10 to 3.13.\n"
        "  -> Install one of these (on Debian: apt-get install python3) beside it."
    )
