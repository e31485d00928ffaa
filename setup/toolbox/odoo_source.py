"""Where Odoo 19 comes from.

An Odoo that is there already is used as it is: the folder in ``ODOO_PATH`` first,
then the one that this Python imports. Otherwise Odoo is fetched once into
``.odoo/root``: Debian's own package on Debian, Odoo's source archive elsewhere.
"""

import base64
import hashlib
import importlib.util
import os
import re
import zipfile
from pathlib import Path

from . import archive, debian, paths
from .console import Stop, say

SERIES = "19.0"
POINT_TO_ONE = (
    f"Point to an unpacked Odoo {SERIES} with ODOO_PATH=/path/to/odoo (the folder that "
    "holds odoo/release.py), or check the network connection and start again."
)


def version(folder):
    """Return the series of the Odoo in ``folder``, None if there is no Odoo."""
    release = Path(folder, "odoo/release.py")
    if not release.is_file():
        return None
    found = re.search(r"^version_info = \((\d+), (\d+)", release.read_text(), re.M)
    return f"{found[1]}.{found[2]}" if found else None


def _given():
    """Return the Odoo that the user points to."""
    given = os.environ.get("ODOO_PATH")
    if not given:
        return None
    found = version(given)
    if found != SERIES:
        what = f"holds Odoo {found}" if found else "holds no odoo/release.py"
        raise Stop(
            f"ODOO_PATH={given} {what}; Odoo {SERIES} is needed.",
            "Correct the path, or unset ODOO_PATH to have Odoo fetched.",
        )
    return Path(given).resolve()


def _importable():
    """Return the Odoo of the Python that runs this, if it is the right series."""
    try:
        spec = importlib.util.find_spec("odoo.release")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin:
        return None
    folder = Path(spec.origin).resolve().parents[1]
    return folder if version(folder) == SERIES else None


def _fetched():
    """Return the Odoo in .odoo/root; fetch it if it is not there."""
    stamp = paths.DOWNLOADED_ODOO / ".complete"
    if not stamp.exists():
        problems = []
        for way in (debian, archive):
            if not way.usable():
                continue
            try:
                way.fetch(paths.DOWNLOADED_ODOO)
                break
            except Stop as stop:
                problems.append(stop.brief)
                say(f"  {stop.brief}")
        else:
            raise Stop(
                f"Odoo could not be fetched: {'; '.join(problems)}.", POINT_TO_ONE
            )
    folder = stamp.read_text().splitlines()[1]
    return paths.DOWNLOADED_ODOO / folder


def fetched_version():
    """Return what was fetched into .odoo/root, an empty text if nothing was."""
    stamp = paths.DOWNLOADED_ODOO / ".complete"
    return stamp.read_text() if stamp.exists() else ""


def ensure():
    """Return the folder that holds the package ``odoo``."""
    return _given() or _importable() or _fetched()


def write_wheel(source, target):
    """Write a small wheel ``odoo`` that points to an Odoo which is not from pip.

    OCA's addons require ``odoo``; with the wheel pip can resolve that as usual. It
    holds a path file, the name and version, and the program ``odoo``.

    :param Path source: folder that holds the package ``odoo``
    :param Path target: folder for the wheel
    """
    info = f"odoo-{SERIES}.dist-info"
    files = {
        "odoo_path.pth": f"{source}\n",
        f"{info}/METADATA": (
            "Metadata-Version: 2.1\nName: odoo\n"
            f"Version: {SERIES}\nSummary: Odoo in {source}\nRequires-Python: >=3.10\n"
        ),
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: toolbox\n"
            "Root-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        f"{info}/entry_points.txt": "[console_scripts]\nodoo = odoo.cli:main\n",
    }
    target.mkdir(parents=True, exist_ok=True)
    wheel = target / f"odoo-{SERIES}-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archived:
        for name, text in files.items():
            archived.writestr(name, text)
            raw = hashlib.sha256(text.encode()).digest()
            checksum = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
            record.append(f"{name},sha256={checksum},{len(text.encode())}\n")
        archived.writestr(f"{info}/RECORD", "".join(record) + f"{info}/RECORD,,\n")
    return wheel
