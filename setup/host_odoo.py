"""Starts Odoo for ``setup/test host``, where tests of Odoo itself are run.

Takes Odoo's own options. Two things differ from a usual run of its tests:

- *All* tests run when everything is loaded. Odoo runs those of the kind "at_install"
  while it loads, before the modules that come later: they would never meet the addon.
- No browser is started: what needs one skips itself.
"""

import unittest

import odoo.cli
import odoo.tests.loader
from odoo.tests.common import HttpCase
from odoo.tests.suite import OdooSuite

NO_BROWSER = "needs a browser"


def _make_suite_at_the_end(make_suite):
    """Return a ``make_suite`` that gives both kinds of tests after loading."""

    def make(module_names, position="at_install"):
        if position == "at_install":
            return OdooSuite([])
        early = make_suite(module_names, "at_install")
        return OdooSuite([*early, *make_suite(module_names, position)])

    return make


def _skip_browser(self, *args, **kwargs):
    raise unittest.SkipTest(NO_BROWSER)


if __name__ == "__main__":
    loader = odoo.tests.loader
    loader.make_suite = _make_suite_at_the_end(loader.make_suite)
    HttpCase.browser_js = _skip_browser
    odoo.cli.main()
