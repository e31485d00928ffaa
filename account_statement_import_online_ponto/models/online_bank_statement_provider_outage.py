# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models

from ..feed import background
from ..ponto_api import (
    PontoConfigurationError,
    PontoCredentialsError,
    PontoError,
    PontoRateLimitedError,
    PontoServerError,
    PontoTransportError,
)
from ..ponto_api.breaker import Breaker, Verdict
from ..texts import prepare

#: What this process knows of Ponto's present state, for each database.
_BREAKERS: dict[str, Breaker] = {}

#: Failures after which nobody else of the integration is tried in the same pass.
OUTAGES = (PontoTransportError, PontoServerError)

#: Failures that all feeds of an integration have in common.
SHARED_FAILURES = (
    *OUTAGES,
    PontoConfigurationError,
    PontoCredentialsError,
    PontoRateLimitedError,
)


class OnlineBankStatementProvider(models.Model):
    """Outages: while Ponto does not answer, few feeds try it, and people are told
    once."""

    _inherit = "online.bank.statement.provider"

    ponto_failure_is_shared = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether what went wrong is that of all feeds of the integration.",
    )

    # === WHOM TO ASK === #

    @api.model
    def _ponto_get_breaker(self):
        """:return: what this process knows of Ponto's present state (Breaker)"""
        return _BREAKERS.setdefault(self.env.cr.dbname, Breaker(time.monotonic))

    def _ponto_get_breaker_key(self):
        """:return: the address that is asked, and the identifier of the integration
        for which it is (str, int); None for a feed that cannot ask"""
        self.ensure_one()
        if not self._ponto_is_connected():
            return None
        integration_sudo = self.sudo().ponto_integration_id
        return integration_sudo._get_base_url(), integration_sudo.id

    def _ponto_is_put_off(self):
        """Put the feed off if Ponto is not to be asked for it now.

        :return: whether it was put off (bool)
        """
        key = self._ponto_get_breaker_key()
        breaker = self._ponto_get_breaker()
        if not key or breaker.admit(*key) != Verdict.PUT_OFF:
            return False
        self.sudo()._ponto_put_off(breaker.get_wait_s(key[1]))
        return True

    @contextmanager
    def _ponto_telling_breaker(self):
        """Let the breaker know what came of asking Ponto."""
        key = self._ponto_get_breaker_key()
        if not key:
            yield
            return
        breaker = self._ponto_get_breaker()
        try:
            yield
        except PontoRateLimitedError as error:
            breaker.note_slow_down(*key, error.retry_after_s)
            raise
        except OUTAGES:
            breaker.note_failure(*key)
            raise
        except PontoError:
            breaker.note_answer(*key)
            raise
        except BaseException:
            breaker.note_nothing(*key)
            raise
        breaker.note_answer(*key)

    # === WHO IS NOT ASKED === #

    def _ponto_put_off(self, wait_s):
        """Leave the feed to the next pass, and say so.

        :param float wait_s: for how long Ponto wants to be left alone; zero while it
            does not answer
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            return
        if not wait_s and self.ponto_failure_advice in (False, "retry"):
            now = fields.Datetime.now()
            self.write(
                {
                    "ponto_failure_message": prepare("outage"),
                    "ponto_failure_advice": "retry",
                    "ponto_failure_is_shared": True,
                    "ponto_failed_at": now,
                    "ponto_failing_since": self.ponto_failing_since or now,
                }
            )
        self._ponto_schedule_next_run(wait_s)

    def _ponto_slow_down_others(self, wait_s):
        """Let the integration's other feeds wait as long as Ponto wants.

        :param float wait_s: seconds from now on
        """
        until = fields.Datetime.now() + timedelta(seconds=wait_s)
        early_sudo = self._ponto_get_siblings_sudo().filtered(
            lambda provider: provider.next_run < until
        )
        early_sudo.try_lock_for_update(allow_referencing=True).next_run = until

    def _ponto_resume_others(self):
        """After an outage, let the integration's other feeds be pulled soon, however
        long they were going to wait."""
        now = fields.Datetime.now()
        waiting_sudo = self._ponto_get_siblings_sudo().filtered(
            lambda provider: (
                provider.ponto_failure_is_shared
                and provider.ponto_failure_advice == "retry"
                and provider.next_run > now
            )
        )
        waiting_sudo = waiting_sudo.try_lock_for_update(allow_referencing=True)
        if waiting_sudo:
            waiting_sudo.next_run = now
            background.trigger_pull(self.env)

    # === WHO IS TOLD === #

    def _ponto_get_siblings_sudo(self):
        """:return: the other feeds of the integration, in sudo mode"""
        return self.sudo().ponto_integration_id.provider_ids - self

    def _ponto_get_told(self, activity_type):
        """:return: who was told of the integration's problem on another of its feeds
        (`res.users`)"""
        if not self.ponto_failure_is_shared:
            return self.env["res.users"]
        failing_sudo = self._ponto_get_siblings_sudo().filtered(
            "ponto_failure_is_shared"
        )
        return failing_sudo.activity_search(
            [activity_type], only_automated=True
        ).user_id
