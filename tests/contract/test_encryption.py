"""Secrets are ciphertext that only this server opens, and only for their own record."""

import os
import stat
import threading
import time

import encryption
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

OWNER = "ponto.integration(5,)"


def new_key():
    return Fernet.generate_key().decode()


# === CIPHER === #


@given(secret=st.text(min_size=1))
def test_what_was_encrypted_is_decrypted_again(secret):
    cipher = encryption.Cipher([new_key()])
    ciphertext = cipher.encrypt(OWNER, secret)
    assert cipher.decrypt(OWNER, ciphertext) == secret
    assert len(secret) < 4 or secret not in ciphertext


def test_a_ciphertext_is_bound_to_its_record():
    cipher = encryption.Cipher([new_key()])
    ciphertext = cipher.encrypt(OWNER, "secret")
    with pytest.raises(encryption.UnknownKeyError):
        cipher.decrypt("ponto.integration(6,)", ciphertext)


@pytest.mark.parametrize("keys", [[], [new_key()]])
def test_another_key_opens_nothing(keys):
    ciphertext = encryption.Cipher([new_key()]).encrypt(OWNER, "secret")
    other = encryption.Cipher(keys)
    assert not other.opens(ciphertext)
    with pytest.raises(encryption.UnknownKeyError):
        other.decrypt(OWNER, ciphertext)


def test_an_old_key_still_opens_and_the_new_one_encrypts():
    old, new = new_key(), new_key()
    ciphertext = encryption.Cipher([old]).encrypt(OWNER, "secret")
    both = encryption.Cipher([new, old])
    assert both.decrypt(OWNER, ciphertext) == "secret"
    assert encryption.Cipher([new]).opens(both.encrypt(OWNER, "secret"))


def test_without_a_key_nothing_is_encrypted():
    with pytest.raises(encryption.UnknownKeyError):
        encryption.Cipher([]).encrypt(OWNER, "secret")


def test_a_key_that_is_none_is_named_without_showing_it():
    with pytest.raises(encryption.EncryptionError) as caught:
        encryption.Cipher(["my-passphrase"])
    assert "my-passphrase" not in str(caught.value)


def test_keys_of_a_setting_are_told_apart():
    assert encryption.split_keys(" a, b ,") == ["a", "b"]
    assert encryption.split_keys(None) == []


# === KEY FILE === #


def test_the_key_file_is_for_the_servers_user_alone(tmp_path):
    path = tmp_path / "folder" / "encryption.key"
    keys = encryption.add_key_to_file(path)
    assert encryption.read_key_file(path) == keys
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == [path.name]


def test_a_key_that_is_there_stays(tmp_path):
    path = tmp_path / "encryption.key"
    keys = encryption.add_key_to_file(path)
    assert encryption.add_key_to_file(path) == keys


def test_another_key_comes_before_the_old_one(tmp_path):
    path = tmp_path / "encryption.key"
    [old] = encryption.add_key_to_file(path)
    new, kept = encryption.add_key_to_file(path, keep_present=False)
    assert kept == old != new


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "encryption.key"
    start, found = threading.Barrier(8), []

    def run():
        start.wait()
        found.append(tuple(encryption.add_key_to_file(path)))

    threads = [threading.Thread(target=run) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {tuple(encryption.read_key_file(path))}


def test_a_process_that_died_does_not_block_the_others(tmp_path):
    draft = tmp_path / "encryption.new"
    draft.touch()
    long_ago = time.time() - 3600
    os.utime(draft, (long_ago, long_ago))
    assert encryption.add_key_to_file(tmp_path / "encryption.key")


def test_a_draft_of_somebody_at_work_is_not_taken_away(tmp_path, monkeypatch):
    monkeypatch.setattr(encryption, "_KEY_WAIT_S", 0.1)
    draft = tmp_path / "encryption.new"
    draft.touch()
    with pytest.raises(encryption.EncryptionError):
        encryption.add_key_to_file(tmp_path / "encryption.key")
    assert draft.exists()


def test_a_folder_that_cannot_be_written_is_named_in_a_sentence(tmp_path):
    blocker = tmp_path / "folder"
    blocker.touch()
    with pytest.raises(encryption.EncryptionError, match="cannot be stored"):
        encryption.add_key_to_file(blocker / "encryption.key")


def test_without_a_file_there_are_no_keys(tmp_path):
    assert encryption.read_key_file(tmp_path / "encryption.key") == []


def test_a_file_that_cannot_be_read_is_no_missing_file(tmp_path):
    with pytest.raises(encryption.EncryptionError):
        encryption.read_key_file(tmp_path)


def test_a_folder_of_temporary_files_is_throwaway(tmp_path):
    assert encryption.is_throwaway(tmp_path / "data")


# === REFERENCES === #


def test_a_reference_leads_to_an_environment_variable(monkeypatch):
    monkeypatch.setenv("PONTO_TEST_SECRET", " secret\n")
    assert encryption.is_reference("env:PONTO_TEST_SECRET")
    assert encryption.resolve_reference("env:PONTO_TEST_SECRET") == "secret"


def test_a_reference_leads_to_a_file(tmp_path):
    file = tmp_path / "ponto_secret"
    file.write_text("secret\n")
    assert encryption.resolve_reference(f"file:{file}") == "secret"


@pytest.mark.parametrize(
    "content",
    ["", "\n", "[options]\nadmin_passwd = x\n", "two words", "x" * 2000, "a\x00b"],
)
def test_a_file_that_holds_more_or_less_than_a_secret_is_refused(tmp_path, content):
    file = tmp_path / "ponto_secret"
    file.write_text(content)
    with pytest.raises(encryption.EncryptionError):
        encryption.resolve_reference(f"file:{file}")


@pytest.mark.parametrize(
    "reference",
    [
        *("env:PONTO_MISSING_SECRET", "file:/nonexistent/ponto_secret"),
        *("file:ponto_secret", "file:/"),
    ],
)
def test_a_reference_to_nothing_is_refused(reference):
    with pytest.raises(encryption.EncryptionError):
        encryption.resolve_reference(reference)


def test_a_reference_leads_to_nothing_else_that_the_server_knows(monkeypatch, tmp_path):
    for name in ("PONTO_ENCRYPTION_KEY", "PGPASSWORD", "CLIENT_SECRET"):
        monkeypatch.setenv(name, "something")
        with pytest.raises(encryption.EncryptionError):
            encryption.resolve_reference(f"env:{name}")
    folder = tmp_path / "ponto_secrets"
    folder.mkdir()
    file = folder / "encryption.key"
    file.write_text("something")
    with pytest.raises(encryption.EncryptionError):
        encryption.resolve_reference(f"file:{file}")


def test_an_ordinary_secret_is_no_reference():
    assert not encryption.is_reference("s3cr3t")
