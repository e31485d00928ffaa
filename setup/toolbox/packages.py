"""The system's package manager: the only thing that writes outside the project.

It is used for what cannot live in a folder (a browser, PostgreSQL, Python's venv
module), never without saying so first.
"""

import os
import shutil
import subprocess

from .console import Stop, run_logged, say, step


def _prefix():
    """Return how to become root without a question, or None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.call(
        ["sudo", "-n", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ):
        return ["sudo", "-n"]
    return None


def can_install():
    """Tell whether packages can be installed here without asking anybody."""
    return bool(shutil.which("apt-get")) and _prefix() is not None


def install(*names, why):
    """Install Debian or Ubuntu packages, after saying so.

    :raise Stop: when that is not possible; the message holds the command to type
    """
    command = f"apt-get install {' '.join(names)}"
    if not can_install():
        raise Stop(
            f"{', '.join(names)} is missing: {why}.", f"Run: sudo {command} (or alike)"
        )
    say(f"  {why}: installing {', '.join(names)} with the system's package manager")
    prefix = _prefix()
    prefix += ["env", "DEBIAN_FRONTEND=noninteractive"]
    remedy = f"Run it by hand: sudo {command}"
    with step(command):
        run_logged([*prefix, "apt-get", "-q", "update"], "apt-update", remedy=remedy)
        run_logged(
            [*prefix, "apt-get", "-q", "-y", "install", "--no-install-recommends"]
            + list(names),
            "apt-install",
            remedy=remedy,
        )
