"""Chunks: exact slices that lose nothing, cut nothing in two and speak of one thing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest

from kbqa.indexing.chunking import chunk_document, join_duplicates
from kbqa.indexing.segment import count_tokens
from kbqa.notes.reading import note_paths, read_bytes, read_note
from kbqa.settings import BuildSettings
from kbqa.text import sentence_spans
from kbqa.types import Chunk, Document

TESTS = Path(__file__).parent
CORPUS = TESTS.parent / "corpus"
SETTINGS = BuildSettings()
LEAD_IN_TOKENS = 60  # a lead-in of at most 60 characters may come on top of a full chunk
SENTENCE = "这一步只做一件事，就是把上一步留下来的人再看一遍，挑出最活跃的十分之一继续跟进。"


def note(text: str, name: str = "a.md") -> Document:
    found = read_bytes(text.encode("utf-8"), name).document
    assert found is not None
    return found


def chunks_of(text: str, settings: BuildSettings = SETTINGS) -> list[Chunk]:
    return chunk_document(note(text), settings)


def sources() -> dict[str, Callable[[], Document | None]]:
    """What to chunk, read only when a test asks for it."""
    found: dict[str, Callable[[], Document | None]] = {}
    for root in (CORPUS, TESTS / "pages"):
        for path in note_paths(root):
            if path.name != "README.md":
                found[path.stem] = lambda path=path, root=root: read_note(path, root).document
    decks = (TESTS / "golden" / "decks.txt").read_text(encoding="utf-8").strip().split("\n\n")
    for i, deck in enumerate(decks[:6]):
        glued = "".join(row.removeprefix("# ").removeprefix("- ") for row in deck.split("\n"))
        found[f"deck{i}"] = lambda glued=glued, i=i: note(glued, f"{i}.txt")
    for seed in range(12):
        found[f"random{seed}"] = lambda seed=seed: random_document(seed)
    return found


def random_document(seed: int) -> Document:
    """Headings of any depth, paragraphs, items and rows of any length."""
    rng = random.Random(seed)
    rows: list[str] = []
    for i in range(60):
        kind = rng.choice("hhppppiiiltc")
        words = "".join(
            rng.choice(["先看数据，", "再定目标，", "找到用户", "算出LTV，", "复盘。", "留存率", "是多少？"])
            for _ in range(rng.choice((1, 3, 9, 40)))
        )
        rows.append(
            {
                "h": f"\n{'#' * rng.randint(1, 4)} 标题{i}\n",
                "p": f"\n{i}段：{words}\n",
                "i": f"- 项{i} {words}",
                "l": f"\n第{i}处有下面几种：\n",
                "t": f"\n| 名{i} | 值 |\n|---|---|\n| {words} | {i} |\n",
                "c": f"\n案例{i}：{words}\n",
            }[kind]
        )
    return note("\n".join(rows))


SOURCES = sources()


@lru_cache
def source(name: str) -> Document:
    found = SOURCES[name]()
    assert found is not None
    return found


@pytest.fixture(params=sorted(SOURCES))
def document(request: pytest.FixtureRequest) -> Document:
    return source(request.param)


def lines_of(document: Document) -> list[tuple[int, int, bool]]:
    """Start, end and whether it is a heading, of every line."""
    headings = {s.start for s in document.sections}
    found, position = [], 0
    for line in document.text.split("\n"):
        lead = len(line) - len(line.lstrip())
        found.append((position + lead, position + len(line.rstrip()), position in headings))
        position += len(line) + 1
    return found


# --- what holds for every document ------------------------------------------------------------------------------------


def test_chunks_are_slices_in_order(document: Document) -> None:
    chunks = chunk_document(document, SETTINGS)
    assert chunks
    for number, chunk in enumerate(chunks, 1):
        assert chunk.text == document.text[chunk.start : chunk.end] == chunk.text.strip() != ""
        assert (chunk.doc_id, chunk.chunk_id) == (document.doc_id, f"{document.doc_id}#{number:04d}")
    assert all(a.end <= b.start for a, b in pairwise(chunks))


def test_all_text_but_headings_is_covered_exactly_once(document: Document) -> None:
    covered = [0] * len(document.text)
    for chunk in chunk_document(document, SETTINGS):
        for i in range(chunk.start, chunk.end):
            covered[i] += 1
    assert max(covered) == 1
    for start, end, heading in lines_of(document):
        if not heading:
            missing = [i for i in range(start, end) if not covered[i] and not document.text[i].isspace()]
            assert missing == [], document.text[start:end]


def test_no_sentence_item_or_row_is_cut(document: Document) -> None:
    """A chunk begins and ends with a line, or with a sentence of a line that is too long for one chunk."""
    bounds: set[int] = set()
    for start, end, _ in lines_of(document):
        bounds |= {start, end}
        if count_tokens(document.text[start:end]) > SETTINGS.max_tokens:
            bounds |= {start + x for span in sentence_spans(document.text[start:end]) for x in span}
    for chunk in chunk_document(document, SETTINGS):
        assert chunk.start in bounds and chunk.end in bounds


def test_sizes(document: Document) -> None:
    """At most `max_tokens`, unless one sentence alone has more; only a lead-in may come on top."""
    for chunk in chunk_document(document, SETTINGS):
        sizes = [count_tokens(line) for line in chunk.text.split("\n")]
        spans = sentence_spans(chunk.text)
        if len(spans) == 1:
            continue
        spare = sizes[0] if chunk.text.split("\n")[0].endswith(("：", ":")) and len(sizes) > 1 else 0
        assert spare <= LEAD_IN_TOKENS
        longest = max(count_tokens(chunk.text[a:b]) for a, b in spans)
        assert sum(sizes) - spare <= max(SETTINGS.max_tokens, longest)


def test_headings_are_crossed_by_rows_of_tiny_sections_only(document: Document) -> None:
    """A heading inside a chunk belongs to a leaf section of a sentence or two, and all in one chunk have one level."""
    by_start = {s.start: i for i, s in enumerate(document.sections)}
    for chunk in chunk_document(document, SETTINGS):
        inside = [by_start[start] for start in by_start if chunk.start <= start < chunk.end]
        assert len({document.sections[i].level for i in inside}) <= 1
        for i in inside:
            section = document.sections[i]
            following = document.sections[i + 1].start if i + 1 < len(document.sections) else section.end
            assert following >= section.end, "a leaf"
            assert count_tokens(document.text[section.body_start : section.end]) <= 60
            assert chunk.heading_path[-1] != section.heading or len(section.path) == 1


def test_a_heading_never_ends_a_chunk(document: Document) -> None:
    """A heading that parted from its text would leave the text without a name."""
    headings = {end for _, end, heading in lines_of(document) if heading}
    assert [c.text[-30:] for c in chunk_document(document, SETTINGS) if c.end in headings] == []


def test_the_path_is_that_of_the_innermost_section(document: Document) -> None:
    """But for rows of tiny sections, which carry the path of the section above them."""
    for chunk in chunk_document(document, SETTINGS):
        around = [s for s in document.sections if s.start <= chunk.start < s.end]
        if not around:
            assert chunk.heading_path == (document.title,)
        else:
            innermost = around[-1]
            assert chunk.heading_path in (innermost.path, innermost.path[:-1])
            if chunk.heading_path != innermost.path:
                assert count_tokens(document.text[innermost.body_start : innermost.end]) <= 60


def test_chunking_is_deterministic(document: Document) -> None:
    assert chunk_document(document, SETTINGS) == chunk_document(document, SETTINGS)


# --- hand-worked ------------------------------------------------------------------------------------------------------


def test_one_chunk_for_each_short_section() -> None:
    text = "开头的话。\n\n# 甲\n\n甲文。\n\n## 乙\n\n乙文。\n\n### 丙\n\n# 甲\n\n又一段。"
    assert [(c.heading_path, c.text) for c in chunks_of(f"---\ntitle: 手册\n---\n{text}")] == [
        (("手册",), "开头的话。"),
        (("手册", "甲"), "甲文。"),
        (("手册", "甲", "乙"), "乙文。"),
        (("手册", "甲"), "又一段。"),
    ]


def test_headings_without_text_give_no_chunk() -> None:
    assert chunks_of("# 只有标题") == []
    assert chunks_of("# 甲\n\n## 乙\n\n## 丙") == []


def test_paragraphs_gather_until_there_are_enough_tokens() -> None:
    size = count_tokens(SENTENCE)
    text = "# 题\n\n" + "\n\n".join([SENTENCE] * 9)
    chunks = chunks_of(text, BuildSettings(min_tokens=2 * size, max_tokens=4 * size))
    assert [c.text for c in chunks] == ["\n".join([SENTENCE] * 2)] * 4 + [SENTENCE]


def test_items_gather_until_the_chunk_is_full() -> None:
    item = f"- {SENTENCE}"
    size = count_tokens(item)
    text = "# 题\n\n" + "\n".join([item] * 9)
    chunks = chunks_of(text, BuildSettings(min_tokens=2 * size, max_tokens=4 * size))
    assert [c.text.count("\n") + 1 for c in chunks] == [4, 4, 1]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    size = count_tokens(SENTENCE)
    settings = BuildSettings(min_tokens=size, max_tokens=2 * size)
    chunks = chunks_of("# 题\n\n" + SENTENCE * 5, settings)
    assert [c.text for c in chunks] == [SENTENCE * 2, SENTENCE * 2, SENTENCE]
    endless = "一句没有句号的话" * 60
    assert [c.text for c in chunks_of(f"# 题\n\n{endless}", settings)] == [endless]


@pytest.mark.parametrize("limit", [1, 3])
def test_a_lead_in_goes_with_what_it_introduces(limit: int) -> None:
    """Whether the chunk before is closed because it has enough or because it is full."""
    size = count_tokens(SENTENCE)
    text = f"# 题\n\n{SENTENCE * 2}\n\n常见的做法有：\n\n{SENTENCE * 2}"
    chunks = chunks_of(text, BuildSettings(min_tokens=limit * size, max_tokens=4 * size - 2))
    assert [c.text for c in chunks] == [SENTENCE * 2, f"常见的做法有：\n{SENTENCE * 2}"]


def test_an_example_opens_a_chunk_and_keeps_its_lead_in() -> None:
    assert [c.text for c in chunks_of("# 题\n\n前面一段话。\n\n案例：一家店送券，来了一百人。")] == [
        "前面一段话。", "案例：一家店送券，来了一百人。",
    ]  # fmt: skip
    assert [c.text for c in chunks_of("# 题\n\n前面一段话。\n\n下面看例子：\n\n案例：一家店送券，来了一百人。")] == [
        "前面一段话。", "下面看例子：\n案例：一家店送券，来了一百人。",
    ]  # fmt: skip


# --- rows of tiny sections --------------------------------------------------------------------------------------------


def stages(names: Sequence[str], body: str) -> str:
    return "# 阶段\n\n" + "\n\n".join(f"## {name}\n\n{body}" for name in names)


def test_three_tiny_sections_share_a_chunk_two_do_not() -> None:
    row = chunks_of(stages(["拉新", "留存", "变现"], "让人第一次来。"))
    assert [(c.heading_path, c.text) for c in row] == [
        (("阶段",), "拉新\n让人第一次来。\n留存\n让人第一次来。\n变现\n让人第一次来。")
    ]
    pair = chunks_of(stages(["拉新", "留存"], "让人第一次来。"))
    assert [c.heading_path for c in pair] == [("阶段", "拉新"), ("阶段", "留存")]


def test_a_big_section_ends_the_row() -> None:
    text = stages(["拉新", "留存", "变现"], "让人第一次来。") + "\n\n## 推荐\n\n" + SENTENCE * 4
    assert [c.heading_path for c in chunks_of(text)] == [("阶段",), ("阶段", "推荐")]


def test_a_row_does_not_reach_into_the_next_chapter() -> None:
    text = stages(["拉新", "留存"], "让人第一次来。") + "\n\n# 别的\n\n## 变现\n\n让人第一次付钱。"
    assert [c.heading_path for c in chunks_of(text)] == [("阶段", "拉新"), ("阶段", "留存"), ("别的", "变现")]


@pytest.mark.parametrize(
    ("names", "body"),
    [
        ([f"{c}、把新来的用户在第一天就带到核心功能" for c in "一二三四五六"], SENTENCE + "然后看他第二天来不来。"),
        (["拉新的例子", "留存的例子", "变现的例子"], "案例：一家店送券，三天来了一百人。"),
    ],
)
def test_a_tiny_section_stays_in_one_piece(names: list[str], body: str) -> None:
    """Whether the row is longer than a chunk or its bodies are examples: heading and text stay together."""
    for chunk in chunks_of(stages(names, body)):
        lines = chunk.text.split("\n")
        assert lines[1::2] == [body] * (len(lines) // 2) and len(lines) % 2 == 0


# --- points of an outline ---------------------------------------------------------------------------------------------


def outline(lead: str, names: Sequence[str]) -> str:
    return "\n\n".join(["# 岗位", "## 特别的岗位", *([lead] if lead else []), *(f"### {name}" for name in names)])


@pytest.mark.parametrize(("lead", "start"), [("还没写完，先列着。", "还没写完，先列着。\n"), ("", "")])
def test_headings_with_nothing_under_them_are_a_list_of_what_stands_above(lead: str, start: str) -> None:
    chunks = chunks_of(outline(lead, ["（1）商品上架", "（2）店铺装修", "（3）评价管理"]) + "\n\n## 其他\n\n别的话。")
    assert [(c.heading_path[-1], c.text) for c in chunks] == [
        ("特别的岗位", f"{start}（1）商品上架\n（2）店铺装修\n（3）评价管理"),
        ("其他", "别的话。"),
    ]


def test_two_such_headings_are_no_list_nor_does_one_with_text_belong_to_it() -> None:
    assert [c.text for c in chunks_of(outline("先列着。", ["上架", "装修"]))] == ["先列着。"]
    mixed = outline("先列着。", ["上架", "装修", "评价"]) + "\n\n催人写评价，不许买评价。"
    assert [c.text for c in chunks_of(mixed)] == ["先列着。", "催人写评价，不许买评价。"]


def test_a_row_that_follows_a_section_with_text_stands_by_itself() -> None:
    text = "# 岗位\n\n## 客服\n\n接电话的人。\n\n## 上架\n\n## 装修\n\n## 评价"
    assert [(c.heading_path, c.text) for c in chunks_of(text)] == [
        (("岗位", "客服"), "接电话的人。"),
        (("岗位",), "上架\n装修\n评价"),
    ]


# --- decks without line breaks ----------------------------------------------------------------------------------------


def test_a_glued_deck_becomes_several_chunks_with_headings() -> None:
    decks = [source(f"deck{i}") for i in range(6)]
    assert all(deck.text.count("\n") >= 8 and deck.sections for deck in decks)
    paths = [len({c.heading_path for c in chunk_document(deck, SETTINGS)}) for deck in decks]
    assert sum(count >= 2 for count in paths) >= 4, paths


# --- duplicates -------------------------------------------------------------------------------------------------------


def chunk(name: str, text: str, start: int = 0) -> Chunk:
    return Chunk(f"{name}#0001", name, (), text, start, start + len(text))


def test_identical_paragraphs_are_joined_and_name_all_places() -> None:
    first, other, again, third = (
        chunk("a", "留存率是多少？"),
        chunk("b", "别的话。"),
        chunk("b", "留存率是多少？", 9),
        chunk("c", "留存率是多少？", 4),
    )
    joined = join_duplicates([first, other, again, third])
    assert [c.chunk_id for c in joined] == ["a#0001", "b#0001"]
    assert joined[0].duplicates == (("b", 9, 16), ("c", 4, 11))
    assert joined[1] is other


@pytest.mark.parametrize(("left", "right", "same"), [
    ("LTV 是价值。", "ＬＴＶ是价值", True),
    ("用戶運營！", "用户运营", True),
    ("- 留存率", "留存率：", True),
    ("留存率", "留存率高", False),
    ("毛利率是 3.5%。", "毛利率是 35%。", False),
    ("要等 1-2 周。", "要等 12 周。", False),
])  # fmt: skip
def test_word_for_word_means_without_marks_width_and_script(left: str, right: str, same: bool) -> None:
    assert (len(join_duplicates([chunk("a", left), chunk("b", right)])) == 1) is same


def test_chunks_without_words_are_not_duplicates_of_each_other() -> None:
    assert len(join_duplicates([chunk("a", "…… | ——"), chunk("b", "※※※")])) == 2


def test_nothing_to_join() -> None:
    assert join_duplicates([]) == []
    one = chunk("a", "一段话。")
    assert join_duplicates([one]) == [one]


def test_a_note_copied_into_another_is_found_in_both() -> None:
    text = f"# 题\n\n{SENTENCE * 3}\n\n{SENTENCE[:-1]}，再补一句不一样的话。"
    a, b = note(text, "a.md"), note("# 另一篇\n\n开头不同。\n\n## 题\n" + text.removeprefix("# 题"), "b.md")
    joined = join_duplicates([*chunk_document(a, SETTINGS), *chunk_document(b, SETTINGS)])
    (place,) = joined[0].duplicates
    assert place[0] == "b.md" and b.text[place[1] : place[2]] == joined[0].text
