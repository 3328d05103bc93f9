"""The page on which one logs in, and the way out in the app's own page.

The login page is markup and style alone, so that it works before, and without, any script.
"""

from __future__ import annotations

from html import escape

from kbqa.web.words import both

_STYLE = """
:root { color-scheme: light dark; --paper: #f7f5f0; --card: #fffefb; --ink: #22211e; --soft: #66625a; --line: #d9d4c8;
  --accent: #0f6b5c; --on: #fff; --bad: #9c2b1c; }
@media (prefers-color-scheme: dark) { :root { --paper: #191816; --card: #22211e; --ink: #ece8df; --soft: #aaa497;
  --line: #45423b; --accent: #57c2ab; --on: #10201c; --bad: #ff9d8c; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 20px; background: var(--paper);
  color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", sans-serif; }
main { width: 100%; max-width: 380px; padding: 28px 24px; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; }
h1 { margin: 0; font-size: 22px; line-height: 1.3; }
.sub { margin: 2px 0 20px; color: var(--soft); font-size: 14px; }
label { display: block; margin: 14px 0 4px; font-size: 15px; }
input { width: 100%; padding: 10px 12px; font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--line); border-radius: 9px; }
button { width: 100%; margin-top: 22px; padding: 11px; font: inherit; font-weight: 600; color: var(--on);
  background: var(--accent); border: 0; border-radius: 9px; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.bad { margin: 0 0 4px; color: var(--bad); font-size: 15px; }
.help { margin: 18px 0 0; color: var(--soft); font-size: 13.5px; }
"""

# For the app's own page: whose login has ended meanwhile is asked to log in again, and comes back to the same place.
LOGGED_OUT_SCRIPT = """<script>(() => {
  const fetched = window.fetch;
  window.fetch = async (...request) => {
    const answer = await fetched(...request);
    if (answer.status === 401) location.replace("/login" + location.hash);
    return answer;
  };
})();</script>"""


def login_html(name: str = "", wait: float | None = None) -> str:
    """The page.

    Args:
        name: what was typed before, when a try failed.
        wait: seconds until the next try counts, 0 when it may come at once; None when nothing failed.
    """
    message = "" if wait is None else f'<p class="bad" role="alert">{_message(wait)}</p>'
    # Without `action` the form goes to this very address, fragment included: a link to an answer survives the login.
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>登录 Log in</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>运营笔记问答</h1>"
        '<p class="sub" lang="en">Ask the notes</p>'
        f'<form method="post">{message}'
        f'<label for="name">名字 <span lang="en">Name</span></label><input id="name" name="username" '
        f'value="{escape(name, quote=True)}" autocomplete="username" autocapitalize="none" required maxlength="64"'
        f"{'' if name else ' autofocus'}>"
        '<label for="password">密码 <span lang="en">Password</span></label><input id="password" name="password" '
        f'type="password" autocomplete="current-password" required maxlength="256"{" autofocus" if name else ""}>'
        '<button type="submit">登录 <span lang="en">Log in</span></button></form>'
        '<p class="help">没有账号、忘了密码：请找管理员。<br><span lang="en">No account, or the password forgotten? '
        "Ask your admin.</span></p></main></body></html>"
    )


def _message(wait: float) -> str:
    if wait:
        seconds = int(wait) + 1
        return (
            f"试得太多，请 {seconds} 秒后再试。<br>"
            f'<span lang="en">Too many tries. Wait {seconds} seconds, then try again.</span>'
        )
    return '名字或密码不对。<br><span lang="en">Wrong name or password.</span>'


def account_html(name: str, admin: bool) -> str:
    """Who is logged in, and the way out; nothing in an app without accounts."""
    if not name:
        return ""
    role = both("管理员", "admin") if admin else both("读者", "reader")
    return (
        f'<form class="kb-account" method="post" action="/logout"><b>{escape(name)}</b><span>{role}</span>'
        f'<button type="submit">{both("退出", "Log out")}</button></form>'
    )
