"""The file of accounts: what it says, what is refused, what happens when it changes under a running app."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kbqa.errors import AccountsError
from kbqa.web.accounts import AccountFile, hashed, new_account, read_accounts, with_token, write_accounts

HASH = hashed("a-good-password")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.tsv"


def test_what_is_written_is_read(path: Path) -> None:
    admin, token = with_token(new_account("小林", "admin", "a-good-password"))
    reader = new_account("new hire", "reader", "another-password")
    write_accounts(path, {admin.name: admin, reader.name: reader})
    assert read_accounts(path) == {"小林": admin, "new hire": reader}
    assert admin.token and token not in path.read_text("utf-8") and "a-good-password" not in path.read_text("utf-8")


def test_only_the_owner_can_read_it(path: Path) -> None:
    write_accounts(path, {})
    path.chmod(0o644)
    write_accounts(path, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == [path.name]


def test_comments_stay(path: Path) -> None:
    path.write_text(f"# 问行政部要账号\nbob\treader\t{HASH}\n", "utf-8")
    write_accounts(path, read_accounts(path))
    assert path.read_text("utf-8") == f"# 问行政部要账号\nbob\treader\t{HASH}\t-\n"


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("bob reader", "现有 1 列", "1 columns"),
        (f"bob\tboss\t{HASH}", "角色“boss”", "role “boss”"),
        ("bob\treader\tplain-text", "不是 argon2 密文", "no argon2 hash"),
        (f"bob\treader\t{HASH}\tabc", "不是 SHA-256", "no SHA-256"),
        (f"\treader\t{HASH}", "名字不能用", "cannot be a name"),
        (f"amy\treader\t{HASH}", "已经有了", "stands twice"),
    ],
)
def test_a_bad_line_is_named(path: Path, line: str, zh: str, en: str) -> None:
    path.write_text(f"# people\namy\treader\t{HASH}\n\n{line}\n", "utf-8")
    with pytest.raises(AccountsError) as caught:
        read_accounts(path)
    assert "第 4 行" in caught.value.zh and zh in caught.value.zh
    assert "line 4" in caught.value.en and en in caught.value.en


def test_a_missing_file_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(AccountsError, match="kbqa user add"):
        AccountFile(path)


@pytest.mark.parametrize("name", ["", " bob", "a\tb", "a\nb", "#bob", "x" * 65])
def test_names_that_the_file_could_not_hold(name: str) -> None:
    with pytest.raises(AccountsError):
        new_account(name, "reader", "a-good-password")


@pytest.mark.parametrize("password", ["", "7 chars", "x" * 257])
def test_passwords_too_short_or_too_long(password: str) -> None:
    with pytest.raises(AccountsError, match="8"):
        hashed(password)


def test_verifying(path: Path) -> None:
    write_accounts(path, {"bob": new_account("bob", "reader", "a-good-password")})
    people = AccountFile(path)
    assert people.verify("bob", "a-good-password")
    assert not people.verify("bob", "a-good-passwore")
    assert not people.verify("nobody", "a-good-password")
    assert not people.verify("bob", "a-good-password" + "x" * 10_000)


def test_a_token_names_its_owner(path: Path) -> None:
    bob, token = with_token(new_account("bob", "reader", "a-good-password"))
    write_accounts(path, {"bob": bob, "amy": new_account("amy", "admin", "a-good-password")})
    people = AccountFile(path)
    found = people.of_token(token)
    assert found is not None and found.name == "bob"
    assert people.of_token("") is None and people.of_token(bob.token) is None


def test_changes_count_at_once_and_a_broken_file_changes_nothing(path: Path) -> None:
    bob = new_account("bob", "reader", "a-good-password")
    write_accounts(path, {"bob": bob})
    people = AccountFile(path)
    assert not people.is_admin("bob")
    write_accounts(path, {"bob": new_account("bob", "admin", "a-good-password")})
    assert people.is_admin("bob")
    path.write_text("nonsense\n", "utf-8")
    assert people.is_admin("bob")
    path.unlink()
    assert people.is_admin("bob")
    write_accounts(path, {})
    assert people.get("bob") is None and not people.is_admin("bob")
