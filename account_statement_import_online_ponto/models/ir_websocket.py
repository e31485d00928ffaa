# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from odoo import models

#: What a browser asks for, to hear of a provider. No number is longer in a database.
CHANNEL = re.compile(r"online\.bank\.statement\.provider_([0-9]{1,9})")


class IrWebsocket(models.AbstractModel):
    """Whoever may read a provider may hear how its import advances."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Override of `bus` to let in the providers that the user may read."""
        wanted = {
            channel: CHANNEL.fullmatch(channel)
            for channel in channels
            if isinstance(channel, str)
        }
        providers = self.env["online.bank.statement.provider"].browse(
            int(match[1]) for match in wanted.values() if match
        )
        channels = [channel for channel in channels if not wanted.get(channel)]
        channels.extend(providers.exists()._filtered_access("read"))
        return super()._build_bus_channel_list(channels)
