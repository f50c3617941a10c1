import stat
import subprocess
import sys
from pathlib import Path

import pytest

from treadle.platform.crypto import Crypto, SecretError, mask_secret, token_hash


@pytest.fixture
def crypto(tmp_path: Path) -> Crypto:
    return Crypto.open(tmp_path / "secret.key")


def test_a_secret_opens_with_its_context_only(crypto: Crypto) -> None:
    sealed = crypto.encrypt("sk-grün-🔑", context="models/1")
    assert "grün" not in sealed
    assert crypto.decrypt(sealed, context="models/1") == "sk-grün-🔑"
    with pytest.raises(SecretError, match="another key"):
        crypto.decrypt(sealed, context="models/2")


def test_equal_secrets_look_different_at_rest(crypto: Crypto) -> None:
    assert crypto.encrypt("same", context="c") != crypto.encrypt("same", context="c")


@pytest.mark.parametrize("damage", ["", "v1.", "v1.AAAA", "v1.not base64!", "v2.AAAA", "plain text"])
def test_damaged_secrets_are_refused(crypto: Crypto, damage: str) -> None:
    with pytest.raises(SecretError):
        crypto.decrypt(damage, context="c")


def test_a_changed_letter_is_noticed(crypto: Crypto) -> None:
    sealed = crypto.encrypt("text", context="c")
    flipped = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]
    with pytest.raises(SecretError):
        crypto.decrypt(flipped, context="c")


def test_text_with_lone_surrogates_survives(crypto: Crypto) -> None:
    assert crypto.decrypt(crypto.encrypt("a\ud800b", context="c"), context="c") == "a\ud800b"


def test_the_key_file_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "secret.key"
    sealed = Crypto.open(path).encrypt("text", context="c")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Crypto.open(path).decrypt(sealed, context="c") == "text"
    assert [child.name for child in path.parent.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("content", ["", "short", "ä" * 44, "!" * 44])
def test_a_file_that_holds_no_key_is_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content, "utf-8")
    with pytest.raises(SecretError):
        Crypto.open(path)
    assert path.read_text("utf-8") == content


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from treadle.platform.crypto import Crypto\n"
        "sys.stdin.readline(); print(Crypto.open(Path(sys.argv[1])).sign('x'))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "secret.key")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in processes}) == 1


def test_signatures_hold_for_their_message(crypto: Crypto) -> None:
    signature = crypto.sign("file-preview|1|2|3")
    assert crypto.verify("file-preview|1|2|3", signature)
    assert not crypto.verify("file-preview|1|2|4", signature)
    assert not crypto.verify("file-preview|1|2|3", "")
    assert not crypto.verify("file-preview|1|2|3", "ünicode\ud800")


def test_each_purpose_has_its_own_key(crypto: Crypto) -> None:
    assert len({crypto.derive("passport"), crypto.derive("sign"), crypto.derive("encrypt")}) == 3


def test_tokens_are_hashed_with_sha256() -> None:
    assert token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_masks_show_the_ends_of_long_secrets() -> None:
    assert mask_secret("12345678") == "*" * 20
    assert mask_secret("123456789") == "123456" + "*" * 12 + "89"
