"""Starts Odoo for tests. Takes Odoo's own options; three things differ:

- Several processes on databases that are alike share the tests: each takes the next
  class that none has taken yet. A class is of whoever makes the file named after it in
  the folder ``SHARED_TESTS``.
- With ``AFTER_LOADING``, *all* tests run when everything is loaded. Odoo runs those of
  the kind "at_install" while it loads, before the modules that come later.
- With ``NO_BROWSER``, what needs a browser skips itself.
"""

import os
import pathlib
import unittest

import odoo.cli
import odoo.tests.loader
from odoo.tests.common import HttpCase
from odoo.tests.suite import OdooSuite

FOLDER = os.environ.get("SHARED_TESTS")


class SharedSuite(OdooSuite):
    """Runs those classes that no other process has taken."""

    def run(self, result, debug=False):
        everything, taken = self._tests, {}

        def is_ours(test):
            kind = type(test)
            if kind not in taken:
                taken[kind] = _take(kind)
            return taken[kind]

        self._tests = filter(is_ours, everything)
        try:
            return super().run(result, debug)
        finally:
            self._tests = everything


def _take(kind):
    """Tell whether a class is this process's from now on."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    try:
        pathlib.Path(FOLDER, name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _changed(make_suite):
    """Return a ``make_suite`` that shares tests, and runs them when it is told to."""

    def make(module_names, position="at_install"):
        if "AFTER_LOADING" not in os.environ:
            tests = make_suite(module_names, position)
        elif position == "at_install":
            tests = []
        else:
            early = make_suite(module_names, "at_install")
            tests = [*early, *make_suite(module_names, position)]
        return SharedSuite(tests) if FOLDER else OdooSuite(tests)

    return make


def _skip_browser(self, *args, **kwargs):
    raise unittest.SkipTest("needs a browser")


if __name__ == "__main__":
    loader = odoo.tests.loader
    loader.make_suite = _changed(loader.make_suite)
    if "NO_BROWSER" in os.environ:
        HttpCase.browser_js = _skip_browser
    odoo.cli.main()
