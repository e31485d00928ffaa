"""What the commands in setup/ are made of.

All but the fixtures for pytest runs on the standard library alone, because it makes the
environment in which anything else can be installed. The modules, from the bottom up:

==============  ======================================================================
paths           where things lie: the checkout and its git-ignored ``.odoo/``
console         progress, log files, locks, and ``Stop``: one sentence and a remedy
packages        the system's package manager (says what it installs)
odoo_source     where Odoo 19 comes from; ``debian`` and ``archive`` fetch it with
                the help of ``unpack``
environment     the virtual environment and the variables every tool is given
postgres        a private PostgreSQL cluster
odoo            run Odoo: a command, a script in its shell, a server
template        databases cloned from a cached template
browser         the browser that the tours drive
test_run        tests in Odoo, shared by several processes
odoo_log        what an Odoo test log says: counts and unexpected warnings
--------------  ----------------------------------------------------------------------
demo            the command setup/demo
testing         the command setup/test, with ``pytest_run``, ``addon_run``,
                ``host_run``, ``lint_run``
build           the command setup/build: the addon's wheel
benchmark       the command setup/benchmark, which runs ``tests/benchmark``
screenshots     the command setup/screenshots
translations    the command setup/translations
pytest_plugin   fixtures for tests that start an Odoo of their own
==============  ======================================================================
"""
