"""The learning tab behind its markup: who is who, who may see what, what a page holds."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from kbqa import KnowledgeBase
from kbqa.onboarding.progress import FILE, Progress
from kbqa.web.learn import Desk, Move, parse_move
from kbqa.web.site import Site
from tests.learning import shop

HARMFUL = "\n&lt;img src=x onerror=alert(1)&gt; 只是文字。\n"


class People:
    """Accounts: 组长 is the only admin."""

    def is_admin(self, name: str) -> bool:
        return name == "组长"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("shop"), HARMFUL).path


@pytest.fixture
def site(index: Path, tmp_path: Path) -> Site:
    """An app of its own for each test: what learners leave behind stands beside the index."""
    return Site(KnowledgeBase.open(shutil.copytree(index, tmp_path / "index")), tmp_path)


def with_accounts(site: Site) -> Site:
    return Site(site.kb, site.notes, local=False, accounts=People())  # type: ignore[arg-type]


def as_user(name: str) -> gr.Request:
    return SimpleNamespace(username=name)  # type: ignore[return-value]


def moves(page: str) -> list[dict[str, Any]]:
    return [json.loads(unescape(text)) for text in re.findall(r'data-go="([^"]*)"', page)]


def first_move(page: str, do: str) -> Move:
    return parse_move(json.dumps(next(move for move in moves(page) if move["do"] == do)))


def joined(desk: Desk, name: str) -> tuple[str, str]:
    page, browser = desk.answer("", Move("join", name=name), None)
    assert name in page
    return page, browser


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", "{}", '{"do": "ask", "choice": "x"}', '{"do": "ask", "round": 3}']
)
def test_what_is_no_move_leads_home(text: str) -> None:
    assert parse_move(text) == Move()


def test_a_round_cannot_be_made_endless() -> None:
    assert len(parse_move(json.dumps({"do": "ask", "round": ["x"] * 1000})).round) == 20


def test_nothing_is_written_before_somebody_learns(site: Site) -> None:
    desk = Desk(site)
    page, browser = desk.answer("", Move(), None)
    assert 'name="name"' in page and browser == ""
    assert not (site.kb.path / "state" / FILE).exists()


def test_a_walk_from_the_name_to_the_last_step(site: Site) -> None:
    """The primer's card stands in front of the first step; the answer is quoted; both steps done, nothing is next."""
    desk = Desk(site)
    page, browser = joined(desk, "小安")
    page, _ = desk.answer(browser, first_move(page, "step"), None)
    assert page.index("<h4>补货</h4>") < page.index("<h4>陈列数</h4>")
    assert "陈列数为 18 个。" in page and "陈列数数商品，货架数数货架" in page
    page, _ = desk.answer(browser, first_move(page, "quiz"), None)
    page, _ = desk.answer(browser, first_move(page, "answer"), None)
    assert page.count('class="kl-option kl-right"') == 1
    assert "<blockquote>" in page
    for doc_id in ("门店/陈列.md", "仓库/补货.md"):
        page, _ = desk.answer(browser, Move("done", step=doc_id), None)
    assert "全部学完" in page and 'aria-valuenow="2"' in page


def test_two_browsers_do_not_mix(site: Site) -> None:
    desk = Desk(site)
    (_, one), (_, two) = joined(desk, "小安"), joined(desk, "小安")
    assert one != two
    desk.answer(one, Move("done", step="门店/陈列.md"), None)
    assert 'aria-valuenow="1"' in desk.answer(one, Move(), None)[0]
    assert 'aria-valuenow="0"' in desk.answer(two, Move(), None)[0]


@pytest.mark.parametrize("browser", ["account:组长", "0" * 31, "zz", "0" * 32])
def test_a_made_up_number_is_nobody(site: Site, browser: str) -> None:
    page, kept = Desk(site).answer(browser, Move(), None)
    assert 'name="name"' in page and kept == ""


def test_an_account_is_who_logged_in_whatever_the_browser_says(site: Site) -> None:
    """The number of somebody who learned before there were accounts opens nothing, and no name can be chosen."""
    browser = joined(Desk(site), "小安")[1]
    desk = Desk(with_accounts(site))
    page, _ = desk.answer(browser, Move("done", step="门店/陈列.md"), as_user("小白"))
    assert "小白" in page and "小安" not in page
    page, _ = desk.answer(browser, Move("join", name="组长"), as_user("小白"))
    assert "小白" in page and "组长" not in page
    record = {who.learner: list(who.done) for who in Progress(site.state / FILE).everyone()}
    assert record == {f"browser:{browser}": [], "account:小白": ["门店/陈列.md"]}
    assert "leave" not in {move["do"] for move in moves(page)}


def test_only_admins_see_the_cohort(site: Site) -> None:
    desk = Desk(with_accounts(site))
    page, _ = desk.answer("", Move(), as_user("小白"))
    assert "cohort" not in {move["do"] for move in moves(page)}
    with pytest.raises(gr.Error, match="管理员"):
        desk.answer("", Move("cohort"), as_user("小白"))
    page, _ = desk.answer("", Move("cohort"), as_user("组长"))
    assert "小白" in page and "0 / 2" in page


def test_readers_of_an_open_server_are_no_admins(site: Site) -> None:
    with pytest.raises(gr.Error, match="管理员"):
        Desk(Site(site.kb, site.notes, local=False)).answer("", Move("cohort"), None)


def test_an_answer_to_an_item_out_of_its_round_counts_for_nothing(site: Site) -> None:
    desk = Desk(site)
    page, browser = joined(desk, "小安")
    page, _ = desk.answer(browser, Move("quiz", step="门店/陈列.md"), None)
    move = first_move(page, "answer")
    for wrong in (Move("answer", item=move.item, choice=0), Move("answer", item=move.item, choice=9, round=move.round)):
        page, _ = desk.answer(browser, wrong, None)
        assert "kl-next" in page
    (who,) = Progress(site.state / FILE).everyone()
    assert who.attempts == ()


def test_names_and_notes_cannot_bring_markup(site: Site) -> None:
    desk = Desk(site)
    _, browser = desk.answer("", Move("join", name="<b>安</b>"), None)
    pages = [desk.answer(browser, move, None)[0] for move in (Move(), Move("step", step="门店/陈列.md"), Move("map"))]
    assert all("<b>安" not in page and "<img" not in page for page in pages)
    assert "&lt;b&gt;安&lt;/b&gt;" in pages[0] and "&lt;img src=x" in pages[1]


def test_an_export_is_handed_to_the_browser_with_the_page(site: Site) -> None:
    desk = Desk(site)
    _, browser = joined(desk, "小安")
    desk.answer(browser, Move("done", step="门店/陈列.md"), None)
    page, _ = desk.answer(browser, Move("csv"), None)
    (text,) = re.findall(r'data-text="([^"]*)"', page)
    assert unescape(text).startswith("\ufeff时间 when,") and "学完 step,陈列" in text
    page, _ = desk.answer(browser, Move("certificate", here="map"), None)
    assert 'data-save="学习证明-小安-' in page and 'class="kl-map"' in page


def test_the_map_shows_the_terms_of_the_chosen_note_only(site: Site) -> None:
    desk = Desk(site)
    _, browser = joined(desk, "小安")
    page, _ = desk.answer(browser, Move("map", step="仓库/补货.md"), None)
    drawn = re.findall(r'class="kl-node kl-term( kl-own)?"><title>([^<]*)', page)
    assert drawn == [
        (" kl-own", "补货是指把仓库里的商品搬上货架。"), (" kl-own", "调货是指从别家店借来商品。"),
        (" kl-own", "退货是指把商品送回仓库。"),
    ]  # fmt: skip
    page, _ = desk.answer(browser, Move("map", step="门店/陈列.md"), None)
    assert page.count(" kl-own") == 4
    assert page.count("kl-confused") == 1
    assert page.count("kl-primer") == 1


def test_a_damaged_record_is_explained(site: Site) -> None:
    (site.state / FILE).write_bytes(b"no database at all, only some text" * 40)
    page, kept = Desk(site).answer("0" * 32, Move(), None)
    assert 'role="alert"' in page and "learning.sqlite" in page and kept == "0" * 32
