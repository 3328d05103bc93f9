"""`kbqa user`, as typed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from kbqa.web.accounts import AccountFile
from tests.command import Kbqa


@pytest.fixture
def user(kbqa: Kbqa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def call(*arguments: str, typed: str = ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        return kbqa("user", *arguments, "--auth-file", tmp_path / "people.tsv")

    return call


def test_from_adding_to_removing(user, tmp_path: Path) -> None:
    assert user("add", "小林", "--admin", typed="first-password\n").code == 0
    assert user("add", "bob", typed="second-password\n").code == 0
    people = AccountFile(tmp_path / "people.tsv")
    assert people.verify("小林", "first-password") and people.is_admin("小林")
    assert people.verify("bob", "second-password") and not people.is_admin("bob")
    assert user("password", "bob", typed="third-password\n").code == 0
    assert people.verify("bob", "third-password") and not people.verify("bob", "second-password")
    token = user("token", "bob").out.strip()
    assert people.of_token(token) == people.get("bob")
    assert json.loads(user("list", "--json").out) == [
        {"name": "小林", "role": "admin", "token": False}, {"name": "bob", "role": "reader", "token": True},
    ]  # fmt: skip
    assert user("remove", "bob").code == 0
    assert user("list").out == "小林\tadmin\n"


def test_what_cannot_be_done_exits_with_9_and_changes_nothing(user, tmp_path: Path) -> None:
    user("add", "bob", typed="a-good-password\n")
    before = (tmp_path / "people.tsv").read_bytes()
    for arguments, typed, said in (
        (("add", "bob"), "another-password\n", "已经有了"),
        (("add", "amy"), "short\n", "8 到 256"),
        (("add", "amy"), "", "8 到 256"),
        (("add", "a\tb"), "a-good-password\n", "不能作名字"),
        (("remove", "amy"), "", "没有“amy”"),
        (("password", "amy"), "a-good-password\n", "没有“amy”"),
        (("token", "amy"), "", "没有“amy”"),
    ):
        outcome = user(*arguments, typed=typed)
        assert outcome.code == 9 and said in outcome.err, arguments
    assert (tmp_path / "people.tsv").read_bytes() == before


def test_listing_a_file_that_is_not_there(user) -> None:
    assert user("list").code == 9
