# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
import os

from odoo import api, models
from odoo.exceptions import UserError

from ..models.ponto_integration import API_BASE_PARAMETER
from ..ponto_api import PontoClient, PontoError, is_loopback_url

_logger = logging.getLogger(__name__)

#: Environment variable with the address of a simulated Ponto on this machine.
SIMULATOR_VARIABLE = "PONTO_SIMULATOR_URL"

#: The codes that the simulator accepts; they open nothing else.
SIMULATOR_CLIENT_ID = "simulated-client-id"
SIMULATOR_CLIENT_SECRET = "simulated-client-secret"


class PontoConnectWizard(models.TransientModel):
    """Demo data: the assistant connects a simulated Ponto by itself."""

    _inherit = "ponto.connect.wizard"

    @api.model
    def _connect_simulator(self):
        """Feed bank journals of the company from the simulated Ponto, as proposed.

        Without simulator, or without chart of accounts, everything stays as it is.
        """
        address = self._find_simulator()
        if not address or not self.env.company.chart_template:
            return
        # For the whole database: what is connected by hand later finds it, too.
        self.env["ir.config_parameter"].sudo().set_param(API_BASE_PARAMETER, address)
        try:
            with self.env.cr.savepoint():
                self._take_proposals()
        except UserError as error:
            _logger.info("No demo data of the simulated Ponto: %s", error)

    @api.model
    def _take_proposals(self):
        """Go through all steps, and take what they propose.

        :raise UserError: when that cannot be done
        """
        wizard = self.create(
            {
                "connection": "new",
                "client_id": SIMULATOR_CLIENT_ID,
                "client_secret": SIMULATOR_CLIENT_SECRET,
            }
        )
        for step in (
            wizard.action_log_in,
            wizard.action_choose_start,
            wizard.action_finish,
        ):
            step()
            if wizard.message:
                raise UserError(wizard.message)

    @api.model
    def _find_simulator(self):
        """Find a simulated Ponto that answers. Nothing but this machine is asked.

        :return: its address (str), or None
        """
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        address = parameters_sudo.get_param(API_BASE_PARAMETER) or os.environ.get(
            SIMULATOR_VARIABLE
        )
        if not address or not is_loopback_url(address):
            return None
        try:
            with PontoClient(
                SIMULATOR_CLIENT_ID,
                SIMULATOR_CLIENT_SECRET,
                base_url=address,
                connect_timeout_s=2,
                read_timeout_s=5,
                max_retries=0,
            ) as client:
                client.fetch_token()
        except PontoError:
            return None
        return address
