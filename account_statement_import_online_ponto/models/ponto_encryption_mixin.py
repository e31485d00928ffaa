# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import configparser
import logging
import os
from pathlib import Path

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import config

from ..encryption import (
    Cipher,
    EncryptionError,
    UnknownKeyError,
    add_key_to_file,
    read_key_file,
    split_keys,
)
from ..exceptions import UnreadableSecretError

_logger = logging.getLogger(__name__)

#: Where an administrator of the server may give the keys that encrypt secrets: in the
#: environment, or in a section of its own of Odoo's configuration file.
KEY_VARIABLE = "PONTO_ENCRYPTION_KEY"
KEY_SECTION = "account_statement_import_online_ponto"
KEY_OPTION = "encryption_key"

#: Where the key is kept that is made where nobody gives one, below Odoo's data folder.
KEY_FILE = Path("account_statement_import_online_ponto", "encryption.key")


class PontoEncryptionMixin(models.AbstractModel):
    """Secrets are encrypted for the record that holds them, with keys of the server.

    The keys are given by the server's administrator, or made when the first secret is
    entered; the database holds none.
    """

    _name = "ponto.encryption.mixin"
    _description = "Encrypts Secrets"

    @api.model
    def _get_given_keys(self):
        """Return the keys that the server's administrator gives (list of str)."""
        given = os.environ.get(KEY_VARIABLE)
        if not given and config["config"]:
            parser = configparser.RawConfigParser()
            parser.read(config["config"])
            given = parser.get(KEY_SECTION, KEY_OPTION, fallback="")
        return split_keys(given)

    @api.model
    def _get_key_file(self):
        """Return where the key lies that is made if none is given (Path)."""
        return Path(config["data_dir"]) / KEY_FILE

    @api.model
    def _get_cipher(self):
        """Get what encrypts and decrypts secrets.

        A key that was made before one was given still decrypts.

        :rtype: Cipher
        :raise EncryptionError: when a key cannot be used
        """
        return Cipher([*self._get_given_keys(), *read_key_file(self._get_key_file())])

    def _encrypt_secret(self, secret, owner=None):
        """Encrypt a secret, with a key that is made for it if there is none.

        :param str secret: the secret, of a record that may be yet to be made
        :param owner: the record that is to hold it; this one if not given
        :return: ciphertext (str)
        :raise UserError: when it cannot be encrypted
        """
        try:
            cipher = self._get_cipher() or self._make_cipher()
            return cipher.encrypt(str(owner or self), secret)
        except UnknownKeyError as error:
            raise UserError(
                self.env._(
                    "This server does not have the key with which the secrets in this "
                    "database were encrypted, as after the restoring of a backup on "
                    "another server. First enter the Client Secret of a bank feed "
                    "that is there already again, or ask your system administrator to "
                    "give the server that key."
                )
            ) from error
        except EncryptionError as error:
            _logger.error("A secret cannot be encrypted: %s", error)
            raise UserError(
                self.env._(
                    "The Client Secret cannot be stored, because this server cannot "
                    "encrypt it. Ask your system administrator to look into the "
                    "server's log."
                )
            ) from error

    def _make_cipher(self):
        """Make the key of this server, where it may have one.

        :rtype: Cipher
        :raise EncryptionError: when it must not or cannot be made
        """
        if not self._may_make_key():
            raise UnknownKeyError("The database has secrets of another key")
        add_key_to_file(self._get_key_file())
        _logger.info("Made a key for the secrets of Ponto's integrations")
        return self._get_cipher()

    def _may_make_key(self):
        """Tell whether a key may be made for a secret of this record (bool)."""
        return True

    def _decrypt_secret(self, ciphertext, owner=None):
        """Decrypt what `_encrypt_secret` returned.

        :param str ciphertext: or a false value
        :param owner: the record that holds it; this one if not given
        :return: what was entered: the secret or a reference (str); empty if nothing was
        :raise UnreadableSecretError: when this server cannot
        """
        if not ciphertext:
            return ""
        try:
            return self._get_cipher().decrypt(str(owner or self), ciphertext)
        except EncryptionError as error:
            _logger.warning("The secret of %s is unreadable: %s", owner or self, error)
            raise UnreadableSecretError(self.env, "secret_unreadable") from error
