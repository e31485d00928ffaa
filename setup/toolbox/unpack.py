"""Unpack Odoo without what never runs here: 0.4 GB instead of 1.3 GB."""

import re
import subprocess
import tarfile

LANGUAGES = ("de", "es", "fr", "it", "nl")
TRANSLATION = re.compile(r".*/i18n(?:_extra)?/(?P<language>[a-z]+)[^/]*\.po$")
# Debian keeps a copy of every addon's Python files beside the package; and documents.
DROPPED = re.compile(
    r"^(\./)?(usr/lib/python3/dist-packages/addons/|usr/share/doc/|etc/|usr/lib/systemd/)"
)
# Python 3.11.4 brought the argument; Debian 12 has 3.11.2.
FILTER = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}


def is_wanted(name):
    """Tell whether a member of the archive is unpacked."""
    translation = TRANSLATION.match(name)
    if translation and translation["language"] not in LANGUAGES:
        return False
    return not DROPPED.match(name)


def stream(file, target):
    """Unpack a tar stream, owned by whoever unpacks it."""
    with tarfile.open(fileobj=file, mode="r|*") as tar:
        for member in tar:
            if is_wanted(member.name):
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                tar.extract(member, target, **FILTER)


def deb(package, target):
    """Unpack a Debian package."""
    target.mkdir(parents=True, exist_ok=True)
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        stream(process.stdout, target)
        process.stdout.read()  # dpkg-deb pads the end
    if process.returncode:
        raise OSError(f"{package.name} is damaged")
