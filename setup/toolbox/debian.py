"""Odoo 19 from Debian's own archive, without touching the system's apt.

A private apt (own lists, own cache, the machine's mirror and proxy) downloads the
package and the fonts and scripts that its web client links to. apt checks the
signatures; the packages are only unpacked, never installed, so no rights are needed.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import paths, unpack
from .console import Stop, run_logged, step

SUITE = "sid"
# The web client wants version 4 of this font and friends; sid has moved on.
WEB_SUITE = "trixie"
WEB_PACKAGES = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SITE = re.compile(
    r"^'(?P<site>[^']*)/dists/(?P<suite>[^'/]*)/(?:InRelease|Release)' ", re.M
)
PACKAGES_FOLDER = "usr/lib/python3/dist-packages"
# Debian leaves this file out (not free), but a bundle of the web client names it:
# without it every browser test fails on an error in the console.
LEFT_OUT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def usable():
    """Tell whether this is a Debian that can fetch and unpack packages."""
    tools = all(map(shutil.which, ("apt-get", "apt-cache", "dpkg-deb")))
    return tools and KEYRING.exists() and _mirror() is not None


def _mirror():
    """Return the machine's own Debian mirror, as apt's configuration names it."""
    printed = subprocess.run(
        ["apt-get", "--print-uris", "update"], capture_output=True, text=True
    ).stdout
    for found in SITE.finditer(printed):
        if "security" not in found["suite"]:
            return found["site"]
    return None


def _configure(folder):
    """Write the private apt's configuration; return the environment to use it."""
    for name in ("lists/partial", "archives/partial", "debs"):
        (folder / name).mkdir(parents=True)
    signed = f"[signed-by={KEYRING}]"
    (folder / "sources.list").write_text(
        "".join(f"deb {signed} {_mirror()} {s} main\n" for s in (SUITE, WEB_SUITE))
    )
    (folder / "apt.conf").write_text(
        f"""
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::Lists "{folder}/lists";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11 {{ DefaultEnabled "false"; }};
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
Acquire::Retries "3";
"""
    )
    return {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}


def _download(folder, env):
    """Download the packages; return their files."""
    with step("fetching Debian's package lists"):
        run_logged(
            ["apt-get", "-q", "update"],
            "odoo-lists",
            env=env,
            failure="Debian's package lists could not be fetched",
        )
    names = [f"odoo-19/{SUITE}"] + [f"{name}/{WEB_SUITE}" for name in WEB_PACKAGES]
    with step("downloading Odoo 19 from Debian (about 135 MB)"):
        run_logged(
            ["apt-get", "-q", "download", *names],
            "odoo-download",
            env=env,
            cwd=folder / "debs",
            failure="Debian's package odoo-19 could not be downloaded",
        )
    return sorted((folder / "debs").glob("*.deb"))


def fetch(target):
    """Put Odoo 19 into ``target``; it appears there only when it is complete."""
    folder, unpacked = paths.STATE / "apt", paths.STATE / "root.new"
    for old in (folder, unpacked):
        shutil.rmtree(old, ignore_errors=True)
    env = _configure(folder)
    debs = _download(folder, env)
    with step("unpacking Odoo 19"):
        for deb in debs:
            unpack.deb(deb, unpacked)
    left_out = unpacked / PACKAGES_FOLDER / "odoo/addons" / LEFT_OUT
    if not left_out.exists():
        left_out.parent.mkdir(parents=True, exist_ok=True)
        left_out.write_text("/* left out by Debian */\n")
    version = next(deb.name for deb in debs if deb.name.startswith("odoo-19_"))
    if not (unpacked / PACKAGES_FOLDER / "odoo/release.py").exists():
        raise Stop(f"{version} holds no Odoo where it is expected.")
    (unpacked / ".complete").write_text(f"{version}\n{PACKAGES_FOLDER}\n")
    shutil.rmtree(target, ignore_errors=True)
    unpacked.rename(target)
    shutil.rmtree(folder)
