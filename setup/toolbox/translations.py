"""The command ``setup/translations``."""

import argparse

from . import environment, odoo, paths, template
from .console import say, step

FOLDER = paths.ADDON / "i18n"
TEMPLATE = FOLDER / f"{paths.ADDON_NAME}.pot"
# Odoo's own export decides what a term is; what a language has already stays.
UPDATE = """\
import io
import json
import os
from pathlib import Path

import polib

from odoo.tools.translate import trans_export

module, template = os.environ["MODULE"], Path(os.environ["TEMPLATE"])
buffer = io.BytesIO()
trans_export(None, [module], buffer, "po", env)
exported = polib.pofile(buffer.getvalue().decode())
places = lambda file: [(term.msgid, term.occurrences) for term in file]
if not template.exists() or places(polib.pofile(str(template))) != places(exported):
    exported.save(str(template))
missing = {}
for path in sorted(template.parent.glob("*.po")):
    language = polib.pofile(str(path))
    language.merge(exported)
    for gone in language.obsolete_entries():
        language.remove(gone)
    language.sort(key=lambda term: term.msgid)
    language.save()
    untranslated = language.untranslated_entries() + language.fuzzy_entries()
    missing[path.stem] = [term.msgid for term in untranslated]
print(json.dumps(missing))
"""


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/translations",
        description="Export the addon's terms into its .pot file, as Odoo exports "
        "them, and bring the .po files up to date with it: new terms are added "
        "without a translation, and those that are gone are removed.",
    )
    return parser.parse_args(arguments)


def _update(cluster, database):
    """Write the files; return the terms without a translation (dict of lists)."""
    log = {"log_name": "translations"}
    odoo.run(cluster, database, f"--init={paths.ADDON_NAME}", "--log-level=warn", **log)
    return odoo.ask(
        cluster,
        database,
        UPDATE,
        log_name="translations-update",
        MODULE=paths.ADDON_NAME,
        TEMPLATE=str(TEMPLATE),
    )


def run(arguments):
    """Update the files; return 1 if a language lacks terms."""
    _parse(arguments)
    environment.check_state_folder()
    cluster = template.running_cluster()
    with template.database(cluster) as database:
        with step("installing the addon and exporting its terms"):
            missing = _update(cluster, database)
    for language, terms in missing.items():
        say(f"  {language}: {len(terms)} to translate")
        for term in terms:
            say(f"    {term}")
    return int(any(missing.values()))
