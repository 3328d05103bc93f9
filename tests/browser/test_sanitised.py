"""A hostile note does nothing wherever it is shown: its markup is text, in a real browser, in every part of the page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pytest

from kbqa import KnowledgeBase
from tests.browser.chat import QUESTION_BOX, ask
from tests.served import served

IMAGE = "<img src=x onerror=window.hurt=1>"
ATTACKS = (
    "<script>window.hurt=1</script>",
    '<img src="x" onerror="window.hurt=1">',
    '"><img src=x onerror=window.hurt=1>',
    "[点我](javascript:window.hurt=1)",
    "![图](http://evil.example/a.png)",
    "[数据](data:text/html;base64,PHNjcmlwdD53aW5kb3cuaHVydD0xPC9zY3JpcHQ+)",
    '<a href="javascript:window.hurt=1">链接</a>',
    '<a href="data:text/html,<script>window.hurt=1</script>">数据</a>',
    '<a href="#kb-chat" onclick="window.hurt=1">这里</a>',
    '<svg onload="window.hurt=1"><circle r="1"></circle></svg>',
    '<iframe srcdoc="<script>parent.hurt=1</script>"></iframe>',
    '<p style="background:url(http://evil.example/b.png)">样式</p>',
    "<style>body{background:url(http://evil.example/c.png)}</style>",
    '<img src="http://evil.example/d.png">',
    '<video><source onerror="window.hurt=1"></video>',
    '<form action="http://evil.example/"><button>提交</button></form>',
    "<math><mtext><img src=x onerror=window.hurt=1></mtext></math>",
    "<details open ontoggle=window.hurt=1>展开</details>",
    "$\\href{javascript:window.hurt=1}{x}$",
    "<base href=http://evil.example/>",
)


def note() -> str:
    """Every attack as it is and with its marks written as entities, in a paragraph, an item, a cell and a heading."""
    parts = [
        f"# 闪购{escape(IMAGE)}手册\n\n闪购{escape(IMAGE)}（Flash Sale）是指在很短的时间里低价卖少量商品的一种活动。\n"
    ]
    for number, attack in enumerate(ATTACKS, 1):
        written = escape(attack, quote=False)
        parts.append(
            f"\n## 第{number}条规矩 {written}\n\n第{number}条规矩是指闪购里 {attack} 和 {written} 都只是文字。\n\n"
            f"- 第{number}条要点一 {written} 要写清楚。\n- 第{number}条要点二 {attack} 要写清楚。\n\n"
            f"| 名称 | 说明 |\n| --- | --- |\n| 第{number}格 {written} | {attack} 值 {number} 元 |\n"
        )
    return "".join(parts)


TERMS = f"""terms:
  - name: '秒杀{IMAGE}'
    aliases: ['抢购<svg onload=window.hurt=1>', '秒秒抢']
    english: ['Seckill<script>window.hurt=1</script>']
    definition: '秒杀{IMAGE}是指限时限量的抢购 <script>window.hurt=1</script>，先到先得。'
    formula: '秒杀{IMAGE}售罄率 = 卖出件数 ÷ 备货件数 <svg onload=window.hurt=1>'
    confusable: ['闪购{IMAGE}']
    related: ['闪购{IMAGE}']
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    notes = folder / "notes"
    (notes / "目录<svg onload=window.hurt=1>").mkdir(parents=True)
    (notes / "目录<svg onload=window.hurt=1>" / f"闪购{IMAGE}.md").write_text(note(), "utf-8")
    (notes / "terms.yaml").write_text(TERMS, "utf-8")
    KnowledgeBase.build(notes, folder / "index")
    with served(folder / "index") as url:
        yield url


HARM = """() => {
  const shown = '#kb-tabs, #kb-header, #kb-footer, #kb-account';
  const found = [];
  for (const e of document.querySelectorAll(shown.split(',').map((s) => s.trim() + ' *').join(','))) {
    const tag = e.tagName.toLowerCase();
    if (['script', 'iframe', 'object', 'embed', 'math', 'base', 'video'].includes(tag)) found.push(tag);
    if (tag === 'style' && e.textContent.includes('evil')) found.push(tag);
    for (const { name, value } of e.attributes) {
      if (name.startsWith('on') || /^\\s*(javascript|data:text)/i.test(value) || /evil\\.example/.test(value) && name !== 'title' && name !== 'aria-label' && name !== 'data-href' && name !== 'data-quote' && !value.startsWith('#'))
        found.push(`${tag} ${name}=${value.slice(0, 80)}`);
    }
  }
  if (window.hurt) found.push('it ran');
  return found;
}"""  # fmt: skip


def test_the_watch_would_see_harm(hostile: str, open_page) -> None:
    page = open_page(hostile)
    page.wait_for_selector(QUESTION_BOX)
    assert page.evaluate(HARM) == []
    page.evaluate(
        "document.querySelector('#kb-tabs').insertAdjacentHTML('beforeend', '<a href=\"javascript:0\">x</a>')"
    )
    assert page.evaluate(HARM) == ["a href=javascript:0"]


@pytest.mark.parametrize("width", [1280, 360])
def test_a_hostile_note_is_only_text(hostile: str, open_page, width: int) -> None:
    """In examples, answers, sources, the note itself, choices and follow-up questions; each source is opened."""
    page = open_page(hostile, width=width)
    page.wait_for_selector(QUESTION_BOX)
    page.wait_for_timeout(300)
    assert page.evaluate(HARM) == []
    said, panels = "", ""
    for question in (
        "秒杀是什么？",
        "秒杀的售罄率怎么算？",
        "第1条规矩是什么",
        "第4条的要点有哪些",
        "第10格的值是多少",
        "闪购和秒杀有什么区别",
        "怎么修自行车",
    ):
        row = ask(page, question)
        assert page.evaluate(HARM) == [], question
        said += row.inner_text()
        for link in row.locator("a.kb-cite:visible, a.kb-source:visible, a.kb-passage:visible").all()[:4]:
            link.click()
            page.wait_for_timeout(200)
            assert page.evaluate(HARM) == [], question
            panels += page.locator("#kb-source-panel").text_content()
            if width < 768:
                page.locator(QUESTION_BOX).scroll_into_view_if_needed()
    assert "<script>window.hurt=1</script>" in said and IMAGE in said
    # Reading a note makes text of a Markdown image; everything else reaches the page.
    assert [attack for attack in ATTACKS if attack not in panels and not attack.startswith("![")] == []
    assert f"闪购{IMAGE}.md" in panels


def test_a_hostile_follow_up_is_only_text(hostile: str, open_page) -> None:
    """The names of terms become questions to press."""
    page = open_page(hostile)
    ask(page, "秒秒抢是什么？")
    options = page.locator("#kb-chat .option")
    options.first.wait_for()
    assert any(IMAGE in text for text in options.all_inner_texts())
    options.filter(has_text=IMAGE).first.click()
    page.wait_for_timeout(800)
    assert page.evaluate(HARM) == []


def test_a_hostile_question_is_only_text(hostile: str, open_page) -> None:
    page = open_page(hostile)
    for attack in ATTACKS:
        ask(page, f"秒杀 {attack}")
        assert page.evaluate(HARM) == [], attack
        asked = page.locator("#kb-chat .user-row .message").last.inner_text()
        assert "".join(asked.split()).startswith("".join(f"秒杀 {attack}".split()))
