# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Encryption of what nobody may read in a database, a dump or a log.

Fernet of the library `cryptography`. The keys lie outside the database: a dump alone
opens nothing. Each value is bound to the record that it belongs to, so that one copied
into another row cannot be read there.
"""

import contextlib
import json
import os
import tempfile
import time
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

#: What stands before the name of an environment variable or the path of a file that
#: holds a secret, where somebody enters such a reference instead of the secret itself.
ENVIRONMENT_PREFIX = "env:"
FILE_PREFIX = "file:"

#: What such a variable or file is named by, in letters of any size.
NAMING_WORDS = ("ponto", "secret")

#: The longest secret that a file may hold. One line: no configuration file, no list of
#: passwords can be sent away as somebody's secret.
_SECRET_LIMIT = 1024

#: How long a server waits for another process that is making the key, and after how
#: long one that never finished is taken for dead, in seconds.
_KEY_WAIT_S = 2.0
_KEY_STALE_S = 10.0

#: What containers keep their own files on.
_THROWAWAY_FILE_SYSTEMS = frozenset({"aufs", "overlay", "tmpfs"})


class EncryptionError(Exception):
    """A key or a reference cannot be used; the text says which, and shows no secret."""


class UnknownKeyError(EncryptionError):
    """None of the keys that are here opens a ciphertext."""


class Cipher:
    """Encrypts with the first of some keys, and decrypts with any of them.

    :param keys: Fernet keys (list of str), the present one first
    :raise EncryptionError: a key is none of Fernet's
    """

    def __init__(self, keys):
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        except ValueError as error:
            raise EncryptionError("The encryption key is not a Fernet key") from error

    def __bool__(self):
        return self._fernet is not None

    def encrypt(self, owner, value):
        """Encrypt a text for one record.

        :param str owner: names the record, e.g. "ponto.integration,5"
        :param str value: the secret
        :return: ciphertext (str)
        :raise UnknownKeyError: there is no key
        """
        if not self:
            raise UnknownKeyError("There is no encryption key")
        document = json.dumps({"owner": owner, "value": value})
        return self._fernet.encrypt(document.encode()).decode()

    def decrypt(self, owner, ciphertext):
        """Decrypt what `encrypt` returned.

        :raise UnknownKeyError: no key opens it, or it belongs to another record
        """
        if not self:
            raise UnknownKeyError("There is no encryption key")
        try:
            document = json.loads(self._fernet.decrypt(ciphertext.encode()))
        except InvalidToken as error:
            raise UnknownKeyError("No key opens the ciphertext") from error
        if document["owner"] != owner:
            raise UnknownKeyError("The ciphertext belongs to another record")
        return document["value"]

    def opens(self, ciphertext):
        """Tell whether one of the keys opens a ciphertext, whomever it belongs to.

        :rtype: bool
        """
        try:
            self._fernet.decrypt(ciphertext.encode())
        except (InvalidToken, AttributeError):
            return False
        return True


def split_keys(text):
    """Return the keys in a setting: one, or several with commas between them."""
    return [key.strip() for key in (text or "").split(",") if key.strip()]


def read_key_file(path):
    """Return the keys in a file, one a line, the present one first; none without file.

    :param Path path: the file
    :rtype: list
    :raise EncryptionError: the file is there and cannot be read
    """
    try:
        return Path(path).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise EncryptionError("The file with the encryption key is unreadable") from (
            error
        )


def add_key_to_file(path, keep_present=True):
    """Make a key, and put it before those in a file that only this user can read.

    The file appears as a whole. Where another process makes it at this moment, its key
    is taken.

    :param Path path: the file; its folder is made if need be
    :param bool keep_present: whether a file that is there already is left as it is
    :return: the keys that the file has now (list of str)
    :raise EncryptionError: the folder cannot be written
    """
    path = Path(path)
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = _create_exclusively(draft, path if keep_present else None)
        if descriptor is None:
            return read_key_file(path)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            present = read_key_file(path)
            if present and keep_present:
                draft.unlink()
                return present
            keys = [Fernet.generate_key().decode(), *present]
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise EncryptionError("The encryption key cannot be stored") from error
    return keys


def _create_exclusively(draft, finished):
    """Create the draft that only one process at a time can have.

    :param Path draft: the file to create
    :param Path finished: what another process makes of it, if that is as good
    :return: a file descriptor; None once `finished` is there
    """
    deadline = time.monotonic() + _KEY_WAIT_S
    while True:
        try:
            return os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            if finished and finished.exists():
                return None
            _remove_stale(draft)
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _remove_stale(draft):
    """Remove a draft whose process died before it had finished."""
    with contextlib.suppress(FileNotFoundError):
        if time.time() - draft.stat().st_mtime > _KEY_STALE_S:
            draft.unlink()


def is_throwaway(path):
    """Tell whether what lies below a folder may be gone after the next start.

    :param Path path: the folder, which need not exist
    :return: True for folders of temporary files, and for the file system of a container
        that nobody has put on a disk of its own (bool)
    """
    path = Path(path).resolve()
    if path.is_relative_to(Path(tempfile.gettempdir()).resolve()):
        return True
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    fields = [line.split() for line in mounts]
    holding = [
        (len(point), kind)
        for _device, point, kind, *_rest in fields
        if path.is_relative_to(point)
    ]
    return bool(holding) and max(holding)[1] in _THROWAWAY_FILE_SYSTEMS


def is_reference(text):
    """Tell whether a text names a place that holds a secret, not the secret itself.

    :rtype: bool
    """
    return text.startswith((ENVIRONMENT_PREFIX, FILE_PREFIX))


def resolve_reference(reference):
    """Return the secret that a reference leads to.

    :param str reference: "env:NAME" or "file:/absolute/path"; the name of the variable
        or the file says that it holds a secret of Ponto, so that nothing else that the
        server knows can be had by it
    :rtype: str
    :raise EncryptionError: there is nothing, or nothing that is a secret of Ponto
    """
    if reference.startswith(ENVIRONMENT_PREFIX):
        name = reference.removeprefix(ENVIRONMENT_PREFIX)
        _check_name(name)
        secret = os.environ.get(name, "")
    else:
        path = Path(reference.removeprefix(FILE_PREFIX))
        _check_name(path.name)
        secret = _read_secret_file(path)
    secret = secret.strip()
    if not secret or not secret.isprintable():
        raise EncryptionError("The reference leads to no secret")
    return secret


def _check_name(name):
    if not all(word in name.casefold() for word in NAMING_WORDS):
        raise EncryptionError("The name does not say that it is a secret of Ponto")


def _read_secret_file(path):
    try:
        if not path.is_absolute() or not path.is_file():
            raise EncryptionError("The reference leads to no file")
        with path.open(encoding="utf-8") as file:
            text = file.read(_SECRET_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise EncryptionError("The reference leads to no readable file") from error
    if len(text) > _SECRET_LIMIT or len(text.split()) != 1:
        raise EncryptionError("The reference leads to a file with more than a secret")
    return text
