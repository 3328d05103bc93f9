"""Logging in and out as a person does, and what readers and admins get to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from kbqa.web.accounts import AccountFile, new_account, read_accounts, write_accounts
from kbqa.web.site import Site, Tab
from tests.browser.chat import ask, leaving
from tests.served import ADMIN, READER, people, served

QUESTION_BOX = "#kb-question textarea"


def build_lead(site: Site) -> None:
    """A tab of admins with one button, which only admins may press."""
    pressed = gr.Textbox(elem_id="lead-pressed", label="lead")

    def press(request: gr.Request) -> str:
        site.require_admin(request)
        return f"pressed by {site.user(request)}"

    gr.Button("press", elem_id="lead-press").click(press, None, pressed, api_visibility="private")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> AccountFile:
    return people(tmp_path_factory.mktemp("people"))[0]


@pytest.fixture(scope="module")
def shared(index: Path, accounts: AccountFile) -> Iterator[str]:
    import app

    tabs = (*app.tabs(), Tab("lead", "管理", "Lead", build_lead, admin=True))
    with served(index, accounts=accounts, local=False, shown=tabs) as url:
        yield url


def log_in(page, name: str, password: str) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("button")


@pytest.mark.parametrize("settings", [{"width": 1280}, {"width": 360}, {"width": 360, "color_scheme": "dark"}])
def test_logging_in_and_out(shared: str, open_page, settings) -> None:
    """With the keyboard alone, without sideways scrolling; a link to a place in the app survives."""
    page = open_page(f"{shared}/#somewhere", **settings)
    page.wait_for_function("document.activeElement.id === 'name'")  # a slow machine focuses after the page is there
    assert page.evaluate("document.documentElement.scrollWidth") <= settings["width"]
    page.keyboard.type(READER[0])
    page.keyboard.press("Tab")
    page.keyboard.type(READER[1])
    page.keyboard.press("Enter")
    page.wait_for_selector(QUESTION_BOX)
    assert page.url == f"{shared}/#somewhere"
    account = page.locator(".kb-account")
    account.wait_for()
    assert READER[0] in account.inner_text() and "admin" not in account.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= settings["width"]
    overlaps = """() => { const [a, b] = ['.kb-header h1', '.kb-account'].map((s) => document.querySelector(s).getBoundingClientRect());
      return a.right > b.left && a.bottom > b.top; }"""
    assert not page.evaluate(overlaps)
    with leaving(page):
        account.get_by_role("button").click()
        page.wait_for_selector("#password")
    page.go_back()
    page.wait_for_selector("#password")


def test_a_wrong_password_is_told_and_the_name_kept(shared: str, browser) -> None:
    """In a context of its own: Chromium complains of the answer 401 in its console."""
    page = browser.new_page()
    page.goto(shared)
    log_in(page, "张三", "wrong-password")
    page.wait_for_selector("[role=alert]")
    assert "名字或密码不对" in page.inner_text("[role=alert]") and page.input_value("#name") == "张三"
    assert page.evaluate("document.activeElement.id") == "password"
    page.close()


def test_admins_see_their_tabs_and_readers_do_not(shared: str, open_page) -> None:
    import app

    page = open_page(shared)
    log_in(page, *READER)
    page.wait_for_selector(".kb-account")
    assert page.get_by_role("tab").all_inner_texts() == [tab.zh for tab in app.tabs()]
    page = open_page(shared)
    log_in(page, *ADMIN)
    page.get_by_role("tab", name="管理").click()
    page.click("#lead-press")
    page.wait_for_function("document.querySelector('#lead-pressed textarea').value === 'pressed by lead'")


def test_readers_are_not_told_off_for_what_they_did_not_do(shared: str, open_page) -> None:
    """Parts that are hidden from them stay still."""
    page = open_page(shared)
    log_in(page, *READER)
    page.get_by_role("tab", name="知识库").click()
    page.locator("#kb-nt-list summary").first.wait_for()
    page.get_by_role("tab", name="问答").click()
    ask(page, "积分体系是什么？")
    assert page.locator(".toast-body").count() == 0


def test_hiding_is_not_what_protects(shared: str, index: Path) -> None:
    """A reader who sends what an admin's button sends."""
    import httpx

    with httpx.Client(base_url=shared) as client:
        for who, success in ((READER, False), (ADMIN, True)):
            client.post("/login", data={"username": who[0], "password": who[1]})
            config = client.get("/config").json()
            button = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "lead-press")
            event = next(d["id"] for d in config["dependencies"] if [button, "click"] in d["targets"])
            client.post("/gradio_api/queue/join", json={"data": [], "fn_index": event, "session_hash": who[0]})
            with client.stream("GET", f"/gradio_api/queue/data?session_hash={who[0]}", timeout=20) as stream:
                ended = next(line for line in stream.iter_lines() if "process_completed" in line)
            assert ('"success":true' in ended.replace(" ", "")) is success
            client.post("/logout")


def test_whose_login_has_ended_is_asked_to_log_in_again(shared: str, browser, accounts: AccountFile) -> None:
    """Here because the password was changed; the page was open all the while."""
    page = browser.new_page()
    page.goto(shared)
    log_in(page, *READER)
    page.wait_for_selector(QUESTION_BOX)
    page.wait_for_selector(".kb-account")
    before = read_accounts(accounts.path)
    write_accounts(accounts.path, {**before, READER[0]: new_account(READER[0], "reader", "another-password")})
    try:
        page.fill(QUESTION_BOX, "积分体系是什么？")
        page.press(QUESTION_BOX, "Enter")
        page.wait_for_selector("#password")
        assert page.url == f"{shared}/login"
    finally:
        write_accounts(accounts.path, before)
        page.close()


def test_without_accounts_nobody_is_named(site, open_page) -> None:
    page = open_page(site.url)
    page.wait_for_selector(QUESTION_BOX)
    assert page.locator(".kb-account").count() == 0
