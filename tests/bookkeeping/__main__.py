"""What the engine's rules make of some made-up years, and how long it takes them.

cd tests && python -m bookkeeping [seed ...]
"""

import sys
import time
from pathlib import Path

ADDON = Path(__file__).resolve().parents[2] / "account_statement_import_online_ponto"
sys.path.insert(0, str(ADDON))

from bookkeeping import make_year, many, matching  # noqa: E402

_COLUMNS = (
    *("lines", "has an item", "by reference", "certain", "wrong"),
    *("first suggestion", "other first suggestion"),
)


def show_year(seed):
    """Print what happens to the lines of a year, by kind."""
    year = make_year(seed)
    score = matching.score(year)
    print(f"\nseed {seed}: {len(year.payments)} lines, {len(year.documents)} documents")
    print(f"{'':20}" + "".join(f"{column:>23}" for column in _COLUMNS))
    for kind, count in sorted(score.counts.items()):
        print(f"{kind:20}" + "".join(f"{count[column]:23}" for column in _COLUMNS))
    totals = "".join(f"{score.total(column):23}" for column in _COLUMNS)
    print(f"{'all':20}{totals}")
    print(
        f"wrong {score.total('wrong')}; certain of what a reference tells"
        f" {score.share_by_reference:.1%}; certain or first suggestion right of all"
        f" that has an open item {score.share_right:.1%}"
    )


def show_speed(item_count, closed_count, line_count=200):
    """Print the time a line of a batch takes, the index of the books included."""
    lines, items, closed = many.batch(line_count, item_count, closed_count)
    times = []
    for _ in range(5):
        began = time.process_time()
        outcomes = matching.match_lines(lines, items, closed)
        times.append((time.process_time() - began) * 1000 / line_count)
    certain = sum(1 for outcome in outcomes if outcome.certain)
    print(
        f"{item_count} open items, {closed_count} closed documents, {line_count} lines"
        f" ({certain} certain): {min(times):.2f} ms a line (processor, best of five;"
        f" worst {max(times):.2f})"
    )


if __name__ == "__main__":
    for argument in sys.argv[1:] or ["2026"]:
        show_year(int(argument))
    for counts in ((500, 0), (5000, 0), (5000, 20000)):
        show_speed(*counts)
