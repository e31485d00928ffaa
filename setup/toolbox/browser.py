"""The browser that Odoo's browser tests (tours) drive."""

import os
import shutil
import stat

from . import packages, paths
from .console import Stop, say

# Odoo looks for google-chrome first.
REMEDY = "Put chromium on PATH, or its path into the variable CHROMIUM."
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Keeps the browser off the network, and lets root start it.
WRAPPER = """#!/bin/sh
# made by setup/test: the browser for Odoo's tests
exec '{browser}' --no-sandbox --disable-quic --disable-component-update \\
    --disable-sync --disable-domain-reliability --no-pings "$@"
"""


def _found():
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure(required=False):
    """Return a folder for the front of PATH with the browser in it, or None.

    :param required: whether a missing browser is an error rather than skipped tours
    """
    browser = _found()
    if not browser:
        try:
            packages.install("chromium", why="The tours need a browser")
            browser = _found()
        except Stop as stop:
            if required:
                raise
            say(f"  {stop.reason} The tours will be skipped. {stop.remedy}")
    if not browser:
        if required:
            raise Stop("The tours need a browser, and none was found.", REMEDY)
        return None
    folder = paths.STATE / "browser"
    folder.mkdir(exist_ok=True)
    wrapper = folder / "google-chrome"
    wrapper.write_text(WRAPPER.format(browser=browser))
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return folder
