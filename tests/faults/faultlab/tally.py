"""Counts what was survived, for the end of the session."""

from collections import Counter, defaultdict

_counts = Counter()
_notes = defaultdict(list)


def add(what, count=1):
    """Count something, such as "faults survived"."""
    _counts[what] += count


def note(what, number):
    """Keep a number of which the smallest and the largest are to be told."""
    _notes[what].append(number)


def sentences():
    """Return what to print (list of texts)."""
    told = [f"{what}: {count}" for what, count in sorted(_counts.items())]
    told += [
        f"{what}: {min(numbers):.2f} to {max(numbers):.2f} ({len(numbers)} times)"
        for what, numbers in sorted(_notes.items())
    ]
    return told
