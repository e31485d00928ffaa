"""Makes setup/'s scripts and modules known here, and the tests' own tools."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "setup"), str(ROOT / "tests/faults")]
