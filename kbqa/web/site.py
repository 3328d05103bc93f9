"""What every tab is built over: the notes, where the app keeps what people leave behind, and who may do what."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from kbqa.errors import KbqaError
from kbqa.web.login import account_html
from kbqa.web.words import say

if TYPE_CHECKING:
    from kbqa import KnowledgeBase
    from kbqa.web.accounts import AccountFile


@dataclass(frozen=True, slots=True)
class Site:
    """One running app.

    Attributes:
        kb: the notes that are served; `newest` takes over a newer index without a restart.
        notes: the folder that the index is built from.
        local: only this machine can reach the app; whoever sits at it may do everything unless there are accounts.
        accounts: the people of `--auth-file`; None without one.
    """

    kb: KnowledgeBase
    notes: Path
    local: bool = True
    accounts: AccountFile | None = None

    def newest(self) -> KnowledgeBase:
        """The notes, from an index built in the meantime if there is one; if it cannot be read, the old one serves on."""
        try:
            self.kb.refresh()
        except KbqaError as error:
            logging.getLogger(__name__).warning("%s", error)
        return self.kb

    @property
    def state(self) -> Path:
        """Folder for feedback, learners' progress, uploads and runs; beside the index, outlives rebuilding it."""
        folder = self.kb.path / "state"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def user(self, request: gr.Request | None) -> str:
        """Who asks: the name of the account, empty without accounts."""
        return (getattr(request, "username", None) or "") if self.accounts else ""

    def is_admin(self, request: gr.Request | None) -> bool:
        """Whether who asks may change the notes and see what others did."""
        if self.accounts is None:
            return self.local
        return self.accounts.is_admin(self.user(request))

    def require_admin(self, request: gr.Request | None) -> None:
        """Every callback of an admin's tab begins with this; hiding a tab protects nothing.

        Raises:
            gr.Error: a reader asked.
        """
        if not self.is_admin(request):
            raise gr.Error(
                "这里要管理员才能操作，请用管理员的账号登录。 Only admins may do this; log in as one.",
                print_exception=False,
            )


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the app.

    Attributes:
        id: its elem_id is `kb-tab-{id}`.
        build: lays it out inside the current `gr.Tab` and wires it.
        admin: shown to admins only; its callbacks call `Site.require_admin` all the same.
    """

    id: str
    zh: str
    en: str
    build: Callable[[Site], None]
    admin: bool = False


def build_tabs(site: Site, tabs: tuple[Tab, ...]) -> gr.Tabs:
    """Lay the tabs out in the current Blocks; when the page is opened, admins get theirs and all see who they are.

    Where everybody is an admin, or nobody can be one, nothing has to be decided then.
    """
    everybody = site.accounts is None and site.local
    hidden: list[gr.Tab] = []
    account = gr.HTML("", elem_id="kb-account", apply_default_css=False, visible=site.accounts is not None)
    with gr.Tabs(elem_id="kb-tabs", selected=tabs[0].id) as places:
        for tab in tabs:
            shown = everybody or not tab.admin
            with gr.Tab(say(tab.zh, tab.en), id=tab.id, elem_id=f"kb-tab-{tab.id}", visible=shown) as place:
                tab.build(site)
            if not shown:
                hidden.append(place)

    def greet(request: gr.Request) -> list[Any]:
        admin = site.is_admin(request)
        return [account_html(site.user(request), admin), *(gr.Tab(visible=admin) for _ in hidden)]

    if site.accounts is not None:
        # Without a trigger it runs when the page is opened.
        gr.on(None, greet, None, [account, *hidden], api_visibility="private", show_progress="hidden")
    return places
