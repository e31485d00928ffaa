"""Tables, for people: as text, and as Markdown."""

from .ratios import median_of, paired_ratio, spread

COLUMNS = (
    "scenario",
    "contender",
    "rounds",
    "wall s",
    "±",
    "CPU s",
    "SQL",
    "requests",
    "network s",
    "peak MiB",
    "grown MiB",
    "time / floor",
    "time / OCA",
)


def make_rows(results, titles):
    """Make the rows of the table of measurements.

    :param dict results: {scenario: {contender: costs by round}}
    :param dict titles: {scenario: what it is}
    :return: texts by row and column (list of lists), ``COLUMNS`` first
    """
    rows = [list(COLUMNS)]
    for scenario, contenders in results.items():
        for contender, rounds in contenders.items():
            measured = [costs for costs in rounds if costs]
            grown = [
                {"mib": costs["peak_mib"] - costs["start_mib"]}
                for costs in measured
                if "peak_mib" in costs
            ]
            rows.append(
                [
                    titles.get(scenario, scenario),
                    contender,
                    str(len(measured)),
                    _number(median_of(measured, "wall_s"), 2),
                    f"{spread(measured) * 50:.0f} %",
                    _number(median_of(measured, "cpu_s"), 2),
                    _number(median_of(measured, "queries")),
                    _number(median_of(measured, "requests")),
                    _number(median_of(measured, "network_s"), 2),
                    _number(median_of(measured, "peak_mib")),
                    _number(median_of(grown, "mib"), 1),
                    *(
                        _number(paired_ratio(rounds, contenders.get(other, [])), 2)
                        if other != contender
                        else ""
                        for other in ("floor", "oca")
                    ),
                ]
            )
    return rows


def make_bar_rows(judgements):
    """Return texts by row and column of the table of bars (list of lists)."""
    return [["bar", "limit", "measured", ""]] + [
        [each["what"], each["bar"], each["measured"], each["verdict"]]
        for each in judgements
    ]


def _number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def to_text(rows):
    """Return rows in columns of equal width (str)."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
        if not number:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines)


def to_markdown(rows):
    """Return rows as a table in Markdown (str)."""
    header, *body = rows
    marks = [
        "---:"
        if any(row[at] for row in body)
        and all(_is_number(row[at]) for row in body if row[at])
        else "---"
        for at in range(len(header))
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, marks, *body])


def _is_number(cell):
    digits = cell.removesuffix(" %").replace(",", "").replace(".", "").lstrip("-")
    return digits.isdigit()
