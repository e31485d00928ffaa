"""Databases for tests: clones of a template that is made once.

The template has everything that our addon depends on, but not the addon. Its name
holds a key over all that went into it; another Odoo or library makes another one.
"""

import ast
import contextlib
import itertools
import os

from . import environment, odoo, paths, postgres
from .console import lock, step

PREFIX = "template_"
# Browser tests need the web client's bundles: 18 seconds, once instead of every run.
WARM_UP = 'env["ir.qweb"]._pregenerate_assets_bundles()\nenv.cr.commit()\n'
_numbers = itertools.count(1)


def dependencies():
    """Return the modules that our addon depends on, as its manifest names them."""
    manifest = ast.literal_eval((paths.ADDON / "__manifest__.py").read_text())
    return ",".join(sorted(manifest["depends"]))


def ensure(cluster, beside=""):
    """Return the name of the template; make it if it is not there.

    :param beside: a module that the addon does not need, to be installed as well
    """
    environment.ensure_odoo()
    key = environment.digest(environment.state(), dependencies(), WARM_UP)
    name = f"{PREFIX}{key}"
    with lock("template"):
        if not cluster.exists(name):
            _build(cluster, name)
        if beside and not cluster.exists(f"{name}_{beside}"):
            _add(cluster, name, beside)
    return f"{name}_{beside}" if beside else name


def _add(cluster, name, beside):
    """Make a template with one more module from the other."""
    draft = f"new_{name}_{beside}"
    cluster.clone(name, draft)
    with step(f"making a template database with {beside}"):
        quiet = ("--max-cron-threads=0", "--log-level=warn")
        log_name = "template-beside"
        odoo.run(cluster, draft, f"--init={beside}", *quiet, log_name=log_name)
        odoo.shell(cluster, draft, WARM_UP, log_name=log_name)
    cluster.rename(draft, f"{name}_{beside}")


def _build(cluster, name):
    """Make the template; the ones of older keys go."""
    for database in cluster.databases():
        if database.startswith((PREFIX, f"new_{PREFIX}")):
            cluster.drop(database)
    draft = f"new_{name}"
    with step("making the template database: Odoo with its accounting"):
        modules = f"--init={dependencies()}"
        quiet = ("--max-cron-threads=0", "--log-level=warn")
        odoo.run(cluster, draft, modules, *quiet, log_name="template")
    with step("making the template database: bundles of the web client"):
        odoo.shell(cluster, draft, WARM_UP, log_name="template-bundles")
    cluster.rename(draft, name)


@contextlib.contextmanager
def database(cluster, source=None):
    """Give a throw-away database, cloned from the template or from ``source``."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    cluster.clone(source or ensure(cluster), name)
    try:
        yield name
    finally:
        cluster.drop(name)


def running_cluster():
    """Return the running cluster for tests, free of what killed runs left."""
    environment.ensure_odoo()
    cluster = postgres.Cluster("test").start()
    cluster.drop_leftovers()
    return cluster
