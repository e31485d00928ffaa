"""The virtual environment, and the variables that every tool is started with."""

import functools
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from . import odoo_source, packages, paths
from .console import Stop, lock, log_path, run_logged, say, step

BIN = paths.VENV / "bin"
PYTHON = BIN / "python"
CONSTRAINTS = paths.REQUIREMENTS / "constraints.txt"
TEST_REQUIREMENTS = (
    paths.ROOT / "requirements.txt",
    paths.TEST_REQUIREMENTS,
    paths.REQUIREMENTS / "test.txt",
)
ODOO_REQUIREMENTS = paths.REQUIREMENTS / "odoo.txt"
ADDON_REQUIREMENTS = paths.REQUIREMENTS / "addons.txt"
OFFLINE = re.compile(
    "connection broken|connect timeout|ProxyError|name resolution", re.I
)
# No constraint: our own wheel has the same name.
OCA_PONTO = "odoo-addon-account-statement-import-online-ponto==19.0.1.0.0.3"
OCA_PAYMENT_ORDERS = (
    "odoo-addon-account-payment-batch-oca==19.0.2.0.0.2",
    "odoo-addon-account-payment-base-oca==19.0.1.1.0",
    "odoo-addon-account-payment-method-base==19.0.1.0.0.4",
)
# Beside the newest one, which is in the virtual environment: that of Debian 12, and the
# one that Odoo's own requirements name.
OLD_URLLIB3 = ("1.26.12", "1.26.20")
NO_NETWORK = "Check the network connection, or pip's configuration, and start again."


def variables(**extra):
    """Return the environment for every tool: caches and settings stay in .odoo/."""
    cache = paths.CACHE
    env = {
        key: value
        for key, value in os.environ.items()
        if key
        not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "ODOO_RC", "OPENERP_SERVER")
        and not key.startswith("PG")
    }
    env.update(
        PATH=f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        PIP_CACHE_DIR=str(cache / "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PRE_COMMIT_HOME=str(cache / "pre-commit"),
        npm_config_cache=str(cache / "npm"),
        XDG_CACHE_HOME=str(cache),
        COVERAGE_FILE=str(cache / "coverage"),
        HYPOTHESIS_STORAGE_DIRECTORY=str(cache / "hypothesis"),
        # Compiling Odoo takes most of its start: once is enough, whatever this machine
        # is set to.
        PYTHONDONTWRITEBYTECODE="",
        PYTHONPYCACHEPREFIX=str(cache / "python"),
        # Odoo reads a configuration from the home folder unless it is told not to
        ODOO_RC=os.devnull,
        # the simulator and Odoo talk to each other on this machine, past any proxy
        NO_PROXY=_without_proxy(),
        no_proxy=_without_proxy(),
    )
    env.update({key: str(value) for key, value in extra.items()})
    return env


def _without_proxy():
    """Return the hosts to be reached without a proxy, with this machine among them."""
    known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(filter(None, [known, "localhost", "127.0.0.1"]))


def digest(*parts):
    """Return a short key of texts and files; a change in any makes another key."""
    found = hashlib.sha256()
    for part in parts:
        is_file = isinstance(part, Path) and part.is_file()
        data = part.read_bytes() if is_file else str(part).encode()
        found.update(data + b"\0")
    return found.hexdigest()[:12]


def _up_to_date(stamp, key):
    return stamp.exists() and stamp.read_text() == key


def make_venv(folder, title):
    """Make a virtual environment with pip in it."""
    command = [sys.executable, "-m", "venv", "--clear", folder]
    probe = [sys.executable, "-c", "import venv, ensurepip"]
    if subprocess.call(probe, stderr=subprocess.DEVNULL):
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        packages.install(f"{version}-venv", why="Python's venv module is missing")
    with step(title):
        run_logged(command, "venv", env=variables())


def pip_install(folder, log_name, *arguments):
    """Install with the pip of a virtual environment."""
    pip = [folder / "bin/python", "-m", "pip", "install", "-q", "--retries=2"]
    remedy = "Look into the log; a start after the cause is gone goes on here."
    try:
        run_logged(
            [*pip, *arguments],
            log_name,
            env=variables(),
            failure="pip failed",
            remedy=remedy,
        )
    except Stop:
        if OFFLINE.search(log_path(log_name).read_text(errors="replace")):
            raise Stop("Python packages cannot be downloaded.", NO_NETWORK) from None
        raise


@functools.cache
def ensure_plain():
    """Make the virtual environment with what tests outside Odoo need."""
    key = digest(*TEST_REQUIREMENTS, CONSTRAINTS, sys.version)
    key += f" {paths.VENV}"
    stamp = paths.VENV / "plain.stamp"
    with lock("environment"):
        if _up_to_date(stamp, key) and PYTHON.exists():
            return
        make_venv(paths.VENV, "making the virtual environment")
        with step("installing test tools with pip"):
            pip_install(
                paths.VENV,
                "pip-plain",
                *("-c", CONSTRAINTS),
                *(f"--requirement={file}" for file in TEST_REQUIREMENTS),
            )
        stamp.write_text(key)


@functools.cache
def ensure_odoo():
    """Make the virtual environment with Odoo 19 and the OCA addons in it.

    :return: the folder that holds the package ``odoo``
    """
    ensure_plain()
    with lock("environment"):
        source = odoo_source.ensure()
        plain = (paths.VENV / "plain.stamp").read_text()
        needed = (ODOO_REQUIREMENTS, ADDON_REQUIREMENTS, CONSTRAINTS)
        key = digest(plain, source, odoo_source.fetched_version(), *needed)
        stamp = paths.VENV / "odoo.stamp"
        if _up_to_date(stamp, key):
            return source
        wheel = odoo_source.write_wheel(source, paths.STATE / "wheel")
        with step("installing Odoo's libraries and the OCA addons with pip"):
            # the first call replaces the pointer to an Odoo that lay elsewhere
            pip_install(
                paths.VENV, "pip-wheel", "--force-reinstall", "--no-deps", wheel
            )
            pip_install(
                paths.VENV,
                "pip-odoo",
                *("-c", CONSTRAINTS, wheel),
                *("-r", ODOO_REQUIREMENTS, "-r", ADDON_REQUIREMENTS),
            )
        stamp.write_text(key)
    return source


def ensure_oca_addons():
    """Install OCA's module of the same name, apart; return the folder it is in."""
    return _ensure_apart("oca_ponto", paths.ADDON_NAME, OCA_PONTO)


def ensure_payment_orders():
    """Install OCA's payment orders, apart; return the folder that they are in."""
    return _ensure_apart(
        "oca_payment_orders", "account_payment_batch_oca", *OCA_PAYMENT_ORDERS
    )


def _ensure_apart(name, module, *packages_needed):
    target = paths.STATE / name
    folder = target / "odoo/addons"
    if not (folder / module / "__manifest__.py").exists():
        options = ("--no-deps", "--target", target, "-c", CONSTRAINTS)
        log_name = f"pip-{name.replace('_', '-')}"
        pip_install(paths.VENV, log_name, *options, *packages_needed)
    return folder


def ensure_urllib3(version):
    """Install an older urllib3, apart; return the folder to put on PYTHONPATH."""
    folder = paths.CACHE / f"urllib3-{version}"
    with lock("environment"):
        if not (folder / "urllib3/__init__.py").exists():
            options = ("--no-deps", "--target", folder)
            pip_install(paths.VENV, "pip-urllib3", *options, f"urllib3=={version}")
    return folder


def state():
    """Return a text that changes when Odoo or a library changes (for cache keys)."""
    return (paths.VENV / "odoo.stamp").read_text()


def check_state_folder():
    """Make ``.odoo/``, or say in one sentence why that is not possible."""
    try:
        paths.STATE.mkdir(exist_ok=True)
        for folder in (paths.LOGS, paths.CACHE, paths.DATA):
            folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Stop(
            f"The folder {paths.STATE} cannot be written ({error.strerror}).",
            "Start this from a checkout that belongs to you.",
        ) from error


def describe():
    """Say once which Odoo is used."""
    source = ensure_odoo()
    say(f"  Odoo: {odoo_source.version(source)} in {source}")
