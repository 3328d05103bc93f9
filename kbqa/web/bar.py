"""The bar above the chat and the two windows that it opens: past conversations, and what is wrong with an answer.

Fixed markup; `chat.js` and `history.js` give it life. The bar's value is the conversation, see `turns.py`.
"""

from __future__ import annotations

from kbqa.web.words import both

_REASONS = (
    ("答错了", "Wrong"),
    ("不完整", "Incomplete"),
    ("答非所问", "Beside the point"),
    ("来源不对", "Wrong source"),
    ("过时了", "Outdated"),
)
"""What may be wrong with an answer; the Chinese word is what is stored, whatever the language of the page."""


def _button(name: str, zh: str, en: str, more: str = "") -> str:
    return f'<button type="button" class="kb-do" name="{name}"{more}><span>{both(zh, en)}</span></button>'


_BAR = f"""<div class="kb-bar" role="group" data-zh="对话" data-en="Conversation">
{_button("history", "历史", "History")}{_button("export", "导出", "Export", " disabled")}
{_button("fresh", "新对话", "New chat", ' id="kb-new"')}
<div id="kb-live" class="kb-sr" role="status" aria-live="polite"></div></div>"""

_CHIPS = "".join(
    f'<label><input type="checkbox" value="{zh}"><span>{both(zh, en)}</span></label>' for zh, en in _REASONS
)

_WHY = f"""<dialog id="kb-why" class="kb-dialog" aria-labelledby="kb-why-title"><form method="dialog">
<h2 id="kb-why-title">{both("哪里不好？", "What is wrong with it?")}</h2><div class="kb-chips">{_CHIPS}</div>
<textarea rows="3" maxlength="900" data-zh="还想说什么（可不填）" data-en="Anything else (optional)"></textarea>
<p class="kb-dialog-acts"><button type="submit" value="cancel" class="kb-plain">{both("取消", "Cancel")}</button>
<button type="submit" value="send" class="kb-strong">{both("提交", "Send")}</button></p></form></dialog>"""

_PAST = f"""<dialog id="kb-past" class="kb-dialog kb-drawer" aria-labelledby="kb-past-title"><div class="kb-past-head">
<h2 id="kb-past-title">{both("历史对话", "Past conversations")}</h2>
<button type="button" class="kb-close" name="close" data-zh="关闭" data-en="Close">✕</button></div>
<input type="search" id="kb-past-search" autocomplete="off" data-zh="搜问题和回答" data-en="Search questions and answers">
<ul id="kb-past-list"></ul>
<p class="kb-past-foot"><span id="kb-past-said" role="status"></span>
<button type="button" class="kb-plain" name="restore" hidden>{both("撤销", "Undo")}</button></p>
<p class="kb-past-note">{
    both(
        "只存在这个浏览器里，别人看不到。最多 100 段，旧的先删。",
        "Kept in this browser only; nobody else sees it. 100 at most, the oldest go first.",
    )
}</p></dialog>"""

CHAT_BAR = _BAR + _WHY + _PAST
