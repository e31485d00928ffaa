"""The command ``setup/build``."""

import argparse
import collections
import re
import shutil
import sysconfig
import zipfile

from . import addon_run, environment, odoo_source, paths
from .console import Stop, run_logged, say, step

DIST = paths.STATE / "dist"
FOLDER = paths.STATE / "build"
INSIDE = f"odoo/addons/{paths.ADDON_NAME}/"
# What the addon consists of. Anything else has got into git by mistake.
CODE = "data|engine|feed|migrations|models|ponto_api|security|tests|views|wizards"
WANTED = re.compile(
    rf"[a-z_]+\.py|README\.rst"
    rf"|({CODE})/[\w./-]+\.(py|xml|csv|sql)"
    r"|(i18n|i18n_extra)/\w+\.pot?"
    r"|readme/[\w/+.-]+\.md"
    r"|static/description/(index\.html|icon\.png|banner\.png|manual/[\w-]+\.png)"
    r"|static/(src|tests)/[\w./-]+\.(js|xml|scss)"
)


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/build",
        description="Make the addon's wheel of what git knows, list what is in it, "
        "install it into a fresh environment with Odoo, and run the addon's tests "
        "from there. The wheel is in .odoo/dist/.",
    )
    parser.add_argument(
        "--tests",
        metavar="SELECTION",
        default="",
        help="run a class or a method only, as in setup/test addon:SELECTION",
    )
    parser.add_argument(
        "--no-tests", action="store_true", help="end with the list of what is in it"
    )
    return parser.parse_args(arguments)


def make_wheel(folder):
    """Make the wheel of what git knows in a folder of its own; return its file.

    :raise Stop: when there is something in it that nobody needs
    """
    environment.ensure_plain()
    shutil.rmtree(folder, ignore_errors=True)
    with step("making the wheel"):
        run_logged(
            [
                *(environment.PYTHON, "-m", "pip", "wheel", "-q", "--no-deps"),
                *("--wheel-dir", folder, paths.ADDON),
            ],
            "build-wheel",
            env=environment.variables(),
            failure="The wheel could not be made",
        )
    [wheel] = folder.glob("*.whl")
    if strange := [name for name in content(wheel) if not WANTED.fullmatch(name)]:
        raise Stop("The wheel holds what nobody needs: " + ", ".join(strange))
    return wheel


def content(wheel):
    """Return the files of the addon in a wheel with their sizes: {path: bytes}."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            entry.filename.removeprefix(INSIDE): entry.file_size
            for entry in archive.infolist()
            if ".dist-info/" not in entry.filename
        }


def _show(wheel):
    """Print what is in the wheel, folder by folder."""
    say(f"\n{wheel.relative_to(paths.ROOT)}, {wheel.stat().st_size // 1024} KB:")
    counts, sizes = collections.Counter(), collections.Counter()
    for name, size in content(wheel).items():
        folder = "/".join(name.split("/")[:-1][:2])
        counts[folder] += 1
        sizes[folder] += size
    for folder in sorted(counts):
        say(f"  {counts[folder]:4} files {sizes[folder] // 1024:6} KB  {folder or '.'}")


def _install(wheel):
    """Install the wheel, and what it requires, beside an Odoo in a fresh environment.

    :return: where Odoo finds it, as ``addon_run.run`` takes that
    """
    pointer = odoo_source.write_wheel(odoo_source.ensure(), paths.STATE / "wheel")
    environment.make_venv(FOLDER, "making a fresh environment")
    with step("installing Odoo's libraries, the wheel and what it requires with pip"):
        environment.pip_install(
            *(FOLDER, "pip-build", "-c", environment.CONSTRAINTS),
            *("-r", environment.ODOO_REQUIREMENTS, "-r", paths.TEST_REQUIREMENTS),
            *(pointer, wheel),
        )
    run_logged([FOLDER / "bin/python", "-m", "pip", "check"], "pip-check")
    names = {"base": FOLDER, "platbase": FOLDER}
    site = sysconfig.get_path("purelib", "venv", names)
    return {"venv": FOLDER, "addons": (f"{site}/odoo/addons",)}


def run(arguments):
    """Make the wheel and try it; return the exit code."""
    options = _parse(arguments)
    environment.check_state_folder()
    wheel = make_wheel(DIST)
    _show(wheel)
    if options.no_tests:
        return 0
    outcome = addon_run.run(options.tests, **_install(wheel))
    say(f"\n{outcome}")
    return int(bool(outcome.failed) or not outcome.passed)
