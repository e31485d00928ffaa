# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import hashlib
import secrets

from odoo import api, models
from odoo.tools import ormcache

#: System parameter with the salt of the digests.
SALT_PARAMETER = "account_statement_import_online_ponto.register_salt"


class PontoDigest(models.AbstractModel):
    """Digests of what is to be recognized, and is not to be kept in clear."""

    _name = "ponto.digest"
    _description = "Digests of Ponto Transactions"

    @api.model
    def _make(self, text):
        """Return what tells texts apart and does not give them away.

        A salt of this database goes in: who sees a digest cannot try out account
        numbers until one fits.

        :param str text: what is to be recognized
        :return: 24 hexadecimal characters
        :rtype: str
        """
        key = self._get_salt()
        return hashlib.blake2b(text.encode(), key=key, digest_size=12).hexdigest()

    @api.model
    @ormcache(cache="stable")
    def _get_salt(self):
        """Return the salt of this database, at most 64 bytes; cached as its parameter
        is."""
        return self._ensure_salt().encode()[: hashlib.blake2b.MAX_KEY_SIZE]

    @api.model
    def _ensure_salt(self):
        """Make the salt of this database if there is none yet; return it (str)."""
        parameters = self.env["ir.config_parameter"].sudo()
        salt = parameters.get_param(SALT_PARAMETER)
        if not salt:
            salt = secrets.token_hex(16)
            parameters.set_param(SALT_PARAMETER, salt)
        return salt
