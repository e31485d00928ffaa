# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a person's regular expression finds in a bank's label.

An expression such as ``((a+)+)$`` may go on for ages, and nothing in Python can stop
it: no other thread of the process would get its turn. So it has a process of its own,
which can be ended. PostgreSQL can stop its search as well, but finds something else:
there, one lazy quantifier makes all of them lazy, and ``BRT.*?(\\d+)`` finds one digit.
"""

import json
import subprocess
import sys

#: So many seconds a search may take: a thousand times what a usual one takes.
TIMEOUT_S = 5

_SEARCH = """
import json, re, sys
pattern, text = json.load(sys.stdin)
found = re.search(pattern, text)
json.dump(found[1] or "" if found and found.re.groups else None, sys.stdout)
"""


class PatternError(Exception):
    """The expression is not valid, takes too long, or cannot be tried here."""


def find_group(pattern, text):
    """Return what the first group of a regular expression finds in a text.

    :param str pattern: as Python reads it
    :param str text: the label
    :return: empty where the group has no part in what is found; None where nothing is
        found, or the expression has no group
    :rtype: str or None
    :raise PatternError: not valid, or it takes too long
    """
    try:
        done = subprocess.run(
            # Alone: without what the environment, or a folder, would have it import.
            [sys.executable, "-I", "-S", "-c", _SEARCH],
            input=json.dumps([pattern, text]),
            capture_output=True,
            encoding="ascii",
            timeout=TIMEOUT_S,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise PatternError(pattern) from error
    return json.loads(done.stdout)
