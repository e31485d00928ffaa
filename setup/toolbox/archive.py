"""Odoo 19 from Odoo's official source archive, for machines without Debian's apt."""

import shutil
import tarfile
import urllib.error
import urllib.request

from . import paths, unpack
from .console import Stop, step

ADDRESS = "https://github.com/odoo/odoo/archive/refs/heads/19.0.tar.gz"
FOLDER = "odoo-19.0"


def usable():
    """An archive can be tried anywhere."""
    return True


def fetch(target):
    """Put Odoo 19 into ``target``; it appears there only when it is complete."""
    unpacked = paths.STATE / "root.new"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    try:
        with step("downloading Odoo 19's source archive (about 250 MB)"):
            with urllib.request.urlopen(ADDRESS, timeout=60) as response:
                unpack.stream(response, unpacked)
    except (OSError, tarfile.TarError) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        raise Stop(
            f"Odoo's source archive could not be downloaded ({cause})"
        ) from error
    (unpacked / ".complete").write_text(f"source archive 19.0\n{FOLDER}\n")
    shutil.rmtree(target, ignore_errors=True)
    unpacked.rename(target)
