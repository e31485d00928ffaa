"""The command line: ``setup/benchmark``."""

import argparse
import fnmatch
import json
import sys
from datetime import datetime
from pathlib import Path

from toolbox import console, paths, template

from . import machine, matching
from .arena import Arena
from .bars import BARS
from .scenarios import SCENARIOS
from .table import make_bar_rows, make_rows, to_markdown, to_text

FOLDER = paths.STATE / "benchmark"
RESULTS = Path(__file__).parent / "RESULTS.md"
#: Begins what `setup/benchmark matching` has told; it stays as it is.
MATCHING = "## Matching\n"


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/benchmark",
        description="Measure this addon, OCA's module of the same name, and the part "
        "of the work that Odoo's ORM does anyway, in turns, against a simulated Ponto.",
    )
    parser.add_argument(
        "scenarios", nargs="*", help="only these (names, or patterns such as import-*)"
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="all scenarios, repeated; writes tests/benchmark/RESULTS.md",
    )
    parser.add_argument(
        "--rounds", type=int, help="measure each contender so often, if at all"
    )
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    return parser.parse_args(arguments)


def _choose(options):
    """Return what is to be measured: pairs of a scenario and its rounds (list).

    :raise Stop: when there is no such scenario
    """
    chosen = []
    for scenario in SCENARIOS:
        if options.scenarios and not any(
            fnmatch.fnmatch(scenario.name, pattern) for pattern in options.scenarios
        ):
            continue
        rounds = scenario.rounds if options.full else scenario.quick
        if options.scenarios and not rounds:
            rounds = dict.fromkeys(scenario.rounds, 1)
        if options.rounds:
            rounds = {name: options.rounds for name, count in rounds.items() if count}
        if rounds:
            chosen.append((scenario, rounds))
    if not chosen:
        raise console.Stop("There is no such scenario.", "setup/benchmark --list")
    return chosen


def _tell(scenario):
    """Return a function that prints a measurement as soon as it is there."""

    def told(contender, number, costs):
        console.say(
            f"  {scenario.name}, {contender}, round {number + 1}: "
            f"{costs['wall_s']:.2f} s, {costs.get('queries', '-')} SQL"
        )

    return told


def _measure(chosen, file, began):
    """Measure, and write what is known to a file of JSON after each scenario.

    :return: {scenario: {contender: costs by round}}, the machine, the bars (dict, dict,
        list)
    """
    cluster = template.running_cluster()
    description = machine.describe(cluster)
    results, judgements = {}, []
    with Arena(cluster) as arena:
        for scenario, rounds in chosen:
            console.say(f"\n{scenario.title}")
            results[scenario.name] = scenario.run(arena, rounds, _tell(scenario))
            judgements = [bar.judge(results) for bar in BARS]
            document = {
                "began": began.isoformat(),
                "machine": description,
                "results": results,
                "bars": judgements,
            }
            file.write_text(json.dumps(document, indent=1) + "\n")
    return results, description, judgements


def _write_results(tables, description, began):
    """Write the table that the repository shows."""
    measured, bars = tables
    minutes = (datetime.now() - began).total_seconds() / 60
    description = {**description, "duration": f"{minutes:.0f} minutes"}
    about = "\n".join(f"- {what}: {text}" for what, text in description.items())
    _before, _sign, kept = RESULTS.read_text().partition(MATCHING)
    RESULTS.write_text(
        "# Results\n\n"
        "Written by `setup/benchmark --full`; see `setup/README.md` for what is\n"
        "measured and how.\n\n"
        f"- date: {began:%Y-%m-%d}\n{about}\n\n"
        f"## Bars\n\n{to_markdown(bars)}\n\n"
        f"## Measurements\n\n{to_markdown(measured)}\n"
        + (f"\n{MATCHING}{kept}" if kept else "")
    )


def run(arguments):
    """Measure what the command line asks for; return the exit code."""
    if arguments[:1] == ["matching"]:
        return matching.run(arguments[1:])
    options = _parse(arguments)
    if options.list:
        for scenario in SCENARIOS:
            console.say(f"{scenario.name:24} {scenario.title}")
        return 0
    began = datetime.now()
    chosen = _choose(options)
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{began:%Y-%m-%d-%H%M%S}.json"
    results, description, judgements = _measure(chosen, file, began)
    titles = {scenario.name: scenario.title for scenario, _rounds in chosen}
    told = [each for each in judgements if each["value"] is not None]
    tables = make_rows(results, titles), make_bar_rows(told)
    console.say("\n" + "\n\n".join(map(to_text, tables)))
    console.say(f"\nAll rounds are in {file.relative_to(paths.ROOT)}.")
    if options.full and not options.scenarios:
        _write_results(tables, description, began)
        console.say(f"Written: {RESULTS.relative_to(paths.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    console.main(run)
