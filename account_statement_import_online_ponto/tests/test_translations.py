# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import io
import re
from collections import Counter
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

MODULE = "account_statement_import_online_ponto"
FOLDER = Path(__file__).parents[1] / "i18n"
LANGUAGES = ("de", "es", "fr", "it", "nl")
#: What a translation must take over as it is: placeholders, tags, addresses.
KEPT = re.compile(r"%\(\w+\)s|%[sd]|</?\w+|https?://\S+")
HOW = "setup/translations brings the files up to date and names what is missing"


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    """Every text that a person sees is there in every language of the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        buffer = io.BytesIO()
        trans_export(None, [MODULE], buffer, "po", cls.env)
        cls.exported = polib.pofile(buffer.getvalue().decode())
        cls.terms = {term.msgid for term in cls.exported}

    def load(self, language):
        return polib.pofile(str(FOLDER / f"{language}.po"))

    def test_the_template_has_the_terms_of_the_code_and_the_views(self):
        self.assertGreater(len(self.terms), 500)
        template = polib.pofile(str(FOLDER / f"{MODULE}.pot"))
        self.assertEqual({term.msgid for term in template}, self.terms, HOW)

    def test_no_language_lacks_a_term(self):
        for language in LANGUAGES:
            with self.subTest(language=language):
                translated = {
                    term.msgid for term in self.load(language).translated_entries()
                }
                self.assertFalse(self.terms - translated, HOW)

    def test_translations_keep_placeholders_and_tags(self):
        for language in LANGUAGES:
            for term in self.load(language):
                with self.subTest(language=language, term=term.msgid):
                    self.assertEqual(
                        Counter(KEPT.findall(term.msgstr)),
                        Counter(KEPT.findall(term.msgid)),
                    )

    def test_log_texts_are_not_translated(self):
        logged = re.compile(r"_logger\.\w+\(\s*(?:self\.env\.)?_l?t?\(")
        for path in FOLDER.parent.rglob("*.py"):
            with self.subTest(path=path.name):
                self.assertNotRegex(path.read_text(), logged)

    def test_screens_of_the_base_speak_the_language_too(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms([MODULE], ["fr_FR"])
        provider = self.env["online.bank.statement.provider"].with_context(lang="fr_FR")
        self.assertIn("intervalle", provider.fields_get()["interval_type"]["string"])
        form = provider.get_view(view_type="form")["arch"]
        self.assertIn("Récupérer le relevé bancaire en ligne", form)

    def test_the_list_of_apps_speaks_each_language(self):
        module = self.env["ir.module.module"].search([("name", "=", MODULE)])
        summaries = {module.summary}
        for language in LANGUAGES:
            code = f"{language}_{language.upper()}"
            self.env["res.lang"]._activate_lang(code)
            self.env["ir.module.module"]._load_module_terms([MODULE], [code])
            summaries.add(module.with_context(lang=code).summary)
        self.assertEqual(len(summaries), 1 + len(LANGUAGES))
