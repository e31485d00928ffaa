"""A pass over many feeds: by one worker, by two, and with one integration silent."""

OUR_CRON = "account_statement_import_online_ponto.ir_cron_pull"
#: How much longer each answer takes, in seconds, and how long the silent one takes.
LATENCY_S = 0.3
SILENCE_S = 600


def measure(arena, source, _bank, *, banks, workers=1, is_silent=False):
    """Let workers pull all feeds of some banks.

    :param str banks: by which name the arena knows the banks
    :param int workers: how many; the second has the action of our own
    :param bool is_silent: whether one bank never answers
    :return: the costs of all workers; the time is that of the slowest
    :rtype: dict
    """
    simulators = arena.banks[banks]
    for number, simulator in enumerate(simulators):
        simulator.bank.clear_requests()
        delay = SILENCE_S if is_silent and number == 0 else LATENCY_S
        simulator.bank.fault("", delay=delay, times=None)
    orders = [("pull_fleet", {}), ("pull_fleet", {"cron": OUR_CRON})][:workers]
    try:
        found = arena.do_in_steps(source, [("make_all_due", {})], orders)
    finally:
        for simulator in simulators:
            simulator.bank.clear_faults()
    silent_feeds = len(simulators[0].accounts) if is_silent else 0
    failures = max((costs.pop("failures") for costs in found), key=len)
    assert len(failures) == silent_feeds, (len(failures), failures[:1])
    # Whoever ends last sees what is left; others may still be at work before.
    left = min(costs.pop("left") for costs in found)
    assert not left, f"{left} feeds were left out"
    return _add_up(found)


def _add_up(found):
    """Return the costs of workers that worked at the same time (dict)."""
    total = dict(found[0])
    for costs in found[1:]:
        for name in ("cpu_s", "queries", "network_s", "requests", "tokens", "pages"):
            total[name] += costs[name]
        for name in ("wall_s", "peak_mib", "lines", "total"):
            total[name] = max(total[name], costs[name])
    return total
