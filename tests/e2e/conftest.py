"""Makes setup/'s fixtures known here; setup/README.md lists them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "setup"))

from toolbox.pytest_plugin import *  # noqa: E402, F403
