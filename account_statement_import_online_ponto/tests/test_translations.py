# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import io
import re
from collections import Counter
from pathlib import Path

import polib
from lxml import etree

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools.translate import trans_export

MODULE = "account_statement_import_online_ponto"
FOLDER = Path(__file__).parents[1] / "i18n"
LANGUAGES = ("de", "es", "fr", "it", "nl")
#: The screens of the OCA base that this addon's users work with.
SCREENS = (
    ("online.bank.statement.provider", "form"),
    ("online.bank.statement.provider", "list"),
    ("online.bank.statement.provider", "search"),
    ("online.bank.statement.pull.wizard", "form"),
    ("account.journal", "form"),
)
#: What they never show of a feed of this addon.
HIDDEN = "//*[@invisible='1' or @invisible='True' or @invisible='ponto_provider_id']"
#: What else they read of it: how a screen is called, limits that they exceed, and what
#: the list of apps says of this addon.
RECORDS = (
    "constraint_online_bank_statement_provider_journal_id_uniq",
    "constraint_online_bank_statement_provider_valid_interval_number",
    "online_bank_statement_provider_action",
    "online_bank_statement_provider_menu",
    f"module_{MODULE}",
)
#: The project's own terms, by language.
GLOSSARY = Path(__file__).parents[1] / "readme" / "DEVELOP.md"
#: What some of them were called once.
OUTDATED = {
    "de": r"[Ee]instufung|Wartekonto",
    "es": r"[Oo]btener transacciones|[Oo]btención",
    "fr": r"^À la banque$|adresse internet|[Éé]valuation",
    "it": r"[Rr]icezion[ei]",
    "nl": r"[Oo]pvra(ag|gen|ging)|internetadres|[Oo]ordeel",
}
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

    def test_one_thing_has_one_name_in_each_language(self):
        rows = [
            [cell.strip() for cell in line.strip("|\n").split("|")]
            for line in GLOSSARY.read_text().partition("## The words")[2].splitlines()
            if line.startswith("|")
        ]
        (_english, *languages), _rule, *terms = rows
        self.assertEqual(tuple(languages), LANGUAGES)
        self.assertGreater(len(terms), 25)
        for number, language in enumerate(languages, 1):
            words = {term.msgid: term.msgstr for term in self.load(language)}
            outdated = re.compile(OUTDATED[language])
            for row in terms:
                with self.subTest(language=language, term=row[0]):
                    self.assertEqual(words[row[0]], row[number])
            for msgid, word in words.items():
                with self.subTest(language=language, term=msgid):
                    self.assertNotRegex(word, outdated)

    def test_log_texts_are_not_translated(self):
        logged = re.compile(r"_logger\.\w+\(\s*(?:self\.env\.)?_l?t?\(")
        for path in FOLDER.parent.rglob("*.py"):
            with self.subTest(path=path.name):
                self.assertNotRegex(path.read_text(), logged)

    def find_shown(self):
        """Return what an administrator of invoicing meets on the base's screens.

        :return: the texts of the views, and the names of the records with labels
        """
        # who works for two companies sees which one a feed is of
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "translated",
            groups="account.group_account_manager",
            company_ids=(self.env.company | other).ids,
        )
        texts, names = set(), {*RECORDS}
        for model, kind in SCREENS:
            view = etree.fromstring(
                self.env[model].with_user(user).get_view(view_type=kind)["arch"]
            )
            for hidden in view.xpath(HIDDEN):
                hidden.getparent().remove(hidden)
            texts.update(view.xpath("//@string | //@title | //@help"))
            for name in view.xpath("//field[not(@string)]/@name | //label/@for"):
                field = f"{model.replace('.', '_')}__{name}"
                names.update((f"field_{field}", f"selection__{field}"))
        return texts, names

    def test_of_the_base_only_what_its_screens_show_is_translated(self):
        texts, names = self.find_shown()
        self.assertIn("field_online_bank_statement_provider__tz", names)

        def is_shown(term):
            for place, _line in term.occurrences:
                name = place.rpartition(".")[2]
                in_view = place.startswith("model_terms:ir.ui.view")
                if {name, name.rpartition("__")[0]} & names or (
                    in_view and term.msgid in texts
                ):
                    return True
            return False

        for path in FOLDER.with_name("i18n_extra").glob("*.po"):
            with self.subTest(language=path.stem):
                strange = [t.msgid for t in polib.pofile(str(path)) if not is_shown(t)]
                self.assertEqual(strange, [])

    def test_screens_of_the_base_speak_the_language_too(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms([MODULE], ["fr_FR"])
        provider = self.env["online.bank.statement.provider"].with_context(lang="fr_FR")
        self.assertIn("intervalle", provider.fields_get()["interval_type"]["string"])
        form = provider.get_view(view_type="form")["arch"]
        self.assertIn("Récupération planifiée", form)

    def test_the_list_of_apps_speaks_each_language(self):
        module = self.env["ir.module.module"].search([("name", "=", MODULE)])
        summaries = {module.summary}
        for language in LANGUAGES:
            code = f"{language}_{language.upper()}"
            self.env["res.lang"]._activate_lang(code)
            self.env["ir.module.module"]._load_module_terms([MODULE], [code])
            summaries.add(module.with_context(lang=code).summary)
        self.assertEqual(len(summaries), 1 + len(LANGUAGES))
