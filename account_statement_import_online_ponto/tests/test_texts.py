# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import ponto_api, texts
from ..exceptions import FeedError, UnreadableSecretError, describe_error
from ..feed.outcome import record_failure
from ..tools import format_account_number
from .common import OTHER_IBAN, OUTCOME_LOGGER, PontoCase

#: Something for each value that any words name.
VALUES = {
    "accounts": [{"number": "BE68 5390", "currency": "EUR", "is_replaced": True}],
    "bank": "1 €",
    "code": "teapot",
    "count": 3,
    "date": "1 July",
    "difference": "1 €",
    "journal": "Bank",
    "moment": "1 July",
    "odoo": "0 €",
    "others": 2,
    "sought": "BE68 5390 EUR",
    "status": 418,
    "transactions_moment": "1 July",
}

#: What may stand between Ponto and the bank.
NOTICES = ("expired", "replaced", "soon", "failed", "maintenance")


def find_kinds(kind=ponto_api.PontoError):
    """Return the classes of errors that the client raises (list)."""
    return [kind, *(each for sub in kind.__subclasses__() for each in find_kinds(sub))]


@tagged("post_install", "-at_install")
class TestTexts(PontoCase):
    """What is stored is a code and its values; the words are the reader's."""

    def test_an_account_number_is_read_in_groups_of_four(self):
        for number, groups in (
            ("be68-5390 0754.7034", "BE68 5390 0754 7034"),
            ("123456", "1234 56"),
            ("12_3é", "12_3 É"),
            ("123", "123"),
            (" - ", ""),
            (False, ""),
            # No bank has such a number; it must not take an hour either.
            ("7" * 4_000_000, " ".join(["7777"] * 1_000_000)),
        ):
            with self.subTest(number=str(number)[:30]):
                self.assertTrue(format_account_number(number) == groups)

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("fr_FR")
        self.french = self.env(context={**self.env.context, "lang": "fr_FR"})
        self.provider = self.create_provider()

    def fail(self, error):
        """Let a pull end with an error.

        :return: the feed, and the pull that has failed
        """
        provider_sudo = self.provider.sudo()
        with mute_logger(OUTCOME_LOGGER):
            record_failure(provider_sudo, error)
        return self.provider, self.provider.ponto_pull_ids[:1]

    def test_each_code_has_words_in_which_nothing_is_missing(self):
        for code in texts.ERRORS | texts.STATES:
            with self.subTest(code):
                message = texts.prepare_message(code)
                message["values"] = VALUES
                words = texts.render_message(self.env, message)
                self.assertNotRegex(words, r"%|None|\(\)")
                self.assertNotEqual(words, texts.render_message(self.french, message))

    def test_each_error_of_the_client_has_words(self):
        for kind in find_kinds():
            with self.subTest(kind.__name__):
                error = kind("Cause", status=418, code="teapot", detail="secret")
                for is_connecting in (False, True):
                    words = texts.explain(self.env, error, is_connecting)
                    self.assertNotIn("secret", words)
                    self.assertNotIn("Cause", words)
                message, advice = describe_error(error)
                self.assertEqual(
                    texts.render_message(self.env, message),
                    texts.explain(self.env, error),
                )
                advices = self.provider._fields["ponto_failure_advice"]
                self.assertIn(advice, dict(advices.selection))

    def test_each_cause_has_three_words(self):
        codes = {
            *(code for code in texts.ERRORS if not code.startswith(texts.CONNECTING)),
            *(f"bank_{notice}" for notice in NOTICES),
        }
        self.assertEqual(set(texts.SUMMARIES), codes)
        for code in codes:
            with self.subTest(code):
                words = texts.summarize(self.env, texts.prepare_message(code))
                self.assertLessEqual(len(words.split()), 5)
                self.assertNotIn("%", words)
        told = texts.prepare_message(texts.TOLD, text="The moon is full.")
        self.assertEqual(texts.summarize(self.env, told), "Fetch failed")

    def test_words_lack_nothing_where_an_answer_had_no_code(self):
        words = texts.explain(self.env, ponto_api.PontoRequestError("Cause"))
        self.assertNotIn("None", words)

    def test_a_failure_is_read_in_the_language_of_whoever_reads_it(self):
        for error in (
            ponto_api.PontoServerError("Cause", status=503),
            ponto_api.PontoCredentialsError("Cause"),
            UnreadableSecretError(self.env, "secret_unreadable"),
            FeedError(self.env, "no_suspense_account", journal="Bank"),
            ZeroDivisionError(),
        ):
            with self.subTest(error=error):
                provider, pull = self.fail(error)
                for record, name in ((provider, "ponto_failure"), (pull, "message")):
                    self.assertTrue(record[name])
                    in_french = record.with_env(self.french)[name]
                    self.assertNotEqual(record[name], in_french)
                self.assertEqual(provider.ponto_failure, pull.message)

    def test_what_another_module_says_is_told_as_it_came(self):
        provider, pull = self.fail(UserError("The moon is full."))
        for env in (self.env, self.french):
            self.assertEqual(provider.with_env(env).ponto_failure, "The moon is full.")
            self.assertEqual(pull.with_env(env).message, "The moon is full.")
        self.assertEqual(provider.ponto_failure_advice, "fix")

    @mute_logger(OUTCOME_LOGGER)
    def test_accounts_that_ponto_offers_are_named_in_the_readers_language(self):
        self.bank.update_account(self.account_id, reference=OTHER_IBAN)
        self.bank.deprecate(self.account_id)
        self.pull_scheduled(self.provider)
        self.assertIn("replaced by a newer", self.provider.ponto_failure)
        in_french = self.provider.with_env(self.french).ponto_failure
        self.assertNotIn("replaced", in_french)

    def test_failures_are_found_by_their_words(self):
        provider, pull = self.fail(ponto_api.PontoTlsError("Cause"))
        for model, record, name in (
            (self.provider.browse(), provider, "ponto_failure"),
            (pull.browse(), pull, "message"),
        ):
            for env, sought in ((self.env, "NOT SECURE"), (self.french, "sécurisée")):
                found = model.with_env(env).search([(name, "ilike", sought)])
                self.assertEqual(found, record)
            self.assertFalse(model.search([(name, "ilike", "nowhere")]))
            self.assertEqual(model.search([(name, "!=", False)]), record)
            self.assertNotIn(record, model.search([(name, "=", False)]))
            self.assertNotIn(record, model.search([(name, "not ilike", "not secure")]))
