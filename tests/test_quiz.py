"""The quiz over the whole handbook, held against the notes by means that the generator does not use."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.onboarding.quiz import QuizItem, quiz_items
from kbqa.types import Document, Term
from tests.quiz_sample import CORPUS, GOLDEN, sample

Write = Callable[[Path, Mapping[str, str]], Path]


@pytest.fixture(scope="session")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    index = tmp_path_factory.mktemp("handbook") / "index"
    KnowledgeBase.build(CORPUS, index)
    return KnowledgeBase.open(index)


@pytest.fixture(scope="session")
def items(handbook: KnowledgeBase) -> tuple[QuizItem, ...]:
    return quiz_items(handbook)


@pytest.fixture(scope="session")
def documents(handbook: KnowledgeBase) -> list[Document]:
    return [handbook.document(doc_id) for doc_id in handbook.doc_ids]


@pytest.fixture(scope="session")
def lines(documents: list[Document]) -> list[str]:
    """Every sentence of the notes without marks and white space, lower case: cut at full stops and line ends only."""
    return [plain(s) for d in documents for s in re.split(r"[。\n]", d.text) if s.strip()]


@pytest.fixture(scope="session")
def said_of(lines: list[str], handbook: KnowledgeBase) -> dict[str, list[str]]:
    """Term → the sentences that start with one of its names."""
    owners: dict[str, list[str]] = {}
    for term in handbook.terms:
        for name in names(term):
            owners.setdefault(name, []).append(term.name)
    longest = max(map(len, owners))
    found: dict[str, list[str]] = {}
    for line in lines:
        for length in range(2, min(longest, len(line)) + 1):
            for owner in owners.get(line[:length], ()):
                found.setdefault(owner, []).append(line)
    return found


@pytest.fixture(scope="session")
def glossary(handbook: KnowledgeBase) -> dict[str, Term]:
    return {term.name: term for term in handbook.terms}


@cache
def plain(text: str) -> str:
    """Letters, digits and Chinese characters alone, glosses in Latin script left out."""
    return re.sub(r"[\W_]+", "", re.sub(r"[（(][A-Za-z][^（）()]*[）)]", "", text)).lower()


def names(term: Term) -> list[str]:
    return [plain(name) for name in (term.name, *term.aliases, *term.english) if len(plain(name)) > 1]


@cache
def bits(text: str) -> frozenset[str]:
    bare = plain(text)
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1))


def alike(one: str, other: str) -> float:
    """Share of two-character pieces that two texts have in common."""
    ours, theirs = bits(one), bits(other)
    return 2 * len(ours & theirs) / max(1, len(ours) + len(theirs))


def of(items: tuple[QuizItem, ...], *kinds: str) -> list[QuizItem]:
    return [item for item in items if item.kind in kinds]


def right(item: QuizItem) -> str:
    return item.options[item.right]


def wrong(item: QuizItem) -> list[str]:
    return [option for i, option in enumerate(item.options) if i != item.right]


def test_the_handbook_gives_items_of_every_kind(items: tuple[QuizItem, ...]) -> None:
    counts = Counter(item.kind for item in items)
    least = {"definition": 330, "term": 290, "formula": 60, "order": 45, "odd": 15, "number": 40}
    assert {kind: counts[kind] >= fewest for kind, fewest in least.items()} == dict.fromkeys(least, True)  # type: ignore[index]


def test_items_are_well_formed_and_cite_what_stands_there(
    items: tuple[QuizItem, ...], handbook: KnowledgeBase, glossary: dict[str, Term]
) -> None:
    assert len({item.item_id for item in items}) == len(items)
    for item in items:
        document, place = handbook.document(item.citation.doc_id), item.citation
        assert 3 <= len(item.options) <= 4 and 0 <= item.right < len(item.options), item
        assert len(set(map(plain, item.options))) == len(item.options), item
        assert place.quote == document.text[place.start : place.end], item
        assert place.line == document.line_at(place.start), item
        assert place.heading_path in {section.path for section in document.sections}, item
        assert item.term in glossary or item.term == "", item


def test_texts_are_short_whole_and_free_of_markup(items: tuple[QuizItem, ...]) -> None:
    for item in items:
        assert len(item.stem) <= 200 and all(len(option) <= 90 for option in item.options), item
        for text in (item.stem, *item.options):
            assert text == text.strip() and "\n" not in text and " | " not in text, item
            assert not re.search(r"\*\*|`|\[[^\]]*\]\(|^#|^[-*•]\s|^\d{1,2}[.、]\s", text), item
            assert all(text.count(a) == text.count(b) for a, b in ("（）", "“”", "「」", "《》", "()")), item
        assert not any(re.search(r"[，、；：,;:]$|^[，、；：的]", option) for option in item.options), item


def test_the_citation_proves_the_right_option(items: tuple[QuizItem, ...], glossary: dict[str, Term]) -> None:
    for item in items:
        quote, chosen = plain(item.citation.quote), right(item)
        if item.kind in ("definition", "formula"):
            assert plain(chosen) in quote, item
        elif item.kind == "term":
            said = plain(item.stem.removesuffix("」说的是哪个术语？"))
            assert said in quote and any(quote.startswith(name) for name in names(glossary[item.term])), item
        elif item.kind == "number":
            filled = item.stem.split("）：", 1)[1].replace("＿＿", chosen)
            assert plain(filled) in quote, item
        elif item.kind == "odd":
            assert plain(chosen) not in quote and all(plain(option) in quote for option in wrong(item)), item


def places(steps: list[str], quote: str) -> list[int]:
    """Where steps stand in a passage: behind the marks of its lines, or else between the marks of one sentence."""
    listed = [re.search(rf"(?m)^(?:\d+[.、]\s*|- )(?:先|再)?{re.escape(step)}", quote) for step in steps]
    inline = [re.search(rf"(?:[、：按成分是指]|先|再|最后){re.escape(step)}", quote) for step in steps]
    return [match.end() if match else -1 for match in (listed if all(listed) else inline)]


def test_only_the_right_order_stands_in_its_passage(items: tuple[QuizItem, ...]) -> None:
    for item in of(items, "order"):
        found = [places(option.split(" → "), item.citation.quote) for option in item.options]
        assert min(map(min, found)) >= 0, item
        assert [one == sorted(one) for one in found] == [i == item.right for i in range(len(found))], item


def test_no_wrong_explanation_is_said_of_the_term(items: tuple[QuizItem, ...], said_of: dict[str, list[str]]) -> None:
    for item in of(items, "definition"):
        for option in wrong(item):
            assert not any(plain(option) in line for line in said_of[item.term]), (item, option)
            assert alike(option, right(item)) < 0.6, (item, option)


def test_no_wrong_term_is_explained_like_the_right_one(
    items: tuple[QuizItem, ...], said_of: dict[str, list[str]], glossary: dict[str, Term]
) -> None:
    for item in of(items, "term"):
        said = item.stem.removesuffix("」说的是哪个术语？")
        for option in wrong(item):
            other = glossary[option]
            assert not set(names(other)) & set(names(glossary[item.term])), (item, option)
            for line in said_of[option]:
                assert alike(line, said) < 0.6, (item, option, line)


def value(formula: str, numbers: dict[str, float]) -> float:
    """What a formula in words comes to when every quantity in it has some number; a quantity keeps its number throughout."""
    tokens = re.split(r"([÷×＋−+()（）√])", re.sub(r"（[^（）]*(?:分|元|月|金额)[^（）]*）", "", formula))
    signs = {"÷": "/", "×": "*", "＋": "+", "−": "-", "（": "(", "）": ")", "√": "2*"}
    code = []
    for token in filter(None, map(str.strip, tokens)):
        if token in signs or token in "+()":
            code.append(signs.get(token, token))
        elif re.fullmatch(r"[\d,]+%?", token):
            code.append(token.rstrip("%").replace(",", ""))
        else:
            code.append(repr(numbers.setdefault(plain(token), 1.0 + (len(numbers) + 1) ** 0.5)))
    return float(eval("".join(code)))


def test_no_wrong_formula_comes_to_the_same(items: tuple[QuizItem, ...]) -> None:
    """Each quantity gets a number; two formulas that are one after rearrangement come to the same."""
    for item in of(items, "formula"):
        numbers: dict[str, float] = {}
        results = [round(value(option, numbers), 9) for option in item.options]
        assert len(set(results)) == len(results), item


def test_rearranged_formulas_are_seen_to_be_one() -> None:
    """The check above can fail."""
    numbers: dict[str, float] = {}
    assert value("甲数 ÷ 乙数 × 100%", numbers) == pytest.approx(value("100% × 甲数 ÷ 乙数", numbers))
    assert value("（甲数 − 乙数）÷ 乙数", numbers) == pytest.approx(value("甲数 ÷ 乙数 − 1", numbers))
    assert value("甲数 ÷ 乙数", numbers) != pytest.approx(value("乙数 ÷ 甲数", numbers))


def test_no_wrong_formula_is_given_for_the_term_elsewhere(
    items: tuple[QuizItem, ...], documents: list[Document], glossary: dict[str, Term]
) -> None:
    given: dict[str, list[str]] = {}
    for document in documents:
        for line in re.split(r"[。\n；;]", document.text):
            left, equals, side = line.partition("＝")
            if equals:
                given.setdefault(plain(re.sub(r"（[^（）]*）", "", left.split("：")[-1])), []).append(plain(side))
    for item in of(items, "formula"):
        ways = [way for name in names(glossary[item.term]) for way in given.get(name, ())]
        for option in wrong(item):
            assert not any(plain(option) == way or way.startswith(plain(option)) for way in ways), (item, option)


def test_no_intruder_is_listed_in_the_same_section(items: tuple[QuizItem, ...], handbook: KnowledgeBase) -> None:
    for item in of(items, "odd"):
        document, place = handbook.document(item.citation.doc_id), item.citation
        section = next(s for s in document.sections if s.path == place.heading_path and s.start <= place.start < s.end)
        marked = re.findall(r"(?m)^(?:- |\d+[.、]\s*)(.+)$", document.text[section.start : section.end])
        if "分" not in item.stem.split("，")[0]:
            assert not any(line.startswith(right(item)) for line in marked), item


def test_no_other_sentence_tells_a_wrong_number(items: tuple[QuizItem, ...], lines: list[str]) -> None:
    figure = re.compile(r"\d+(?:\.\d+)?")
    numbered = [(figure.sub("", line), figure.findall(line)) for line in lines if figure.search(line)]
    for item in of(items, "number"):
        said = figure.sub("", item.stem.split("）：", 1)[1])
        told = {number for line, numbers in numbered if alike(line, said) >= 0.5 for number in numbers}
        offered = [figure.findall(option.replace(",", "")) for option in wrong(item)]
        told -= set(figure.findall(item.stem)) | set(figure.findall(right(item)))
        assert not any(set(numbers) <= told for numbers in offered if numbers), item


def test_a_stem_does_not_hold_the_answer(items: tuple[QuizItem, ...], glossary: dict[str, Term]) -> None:
    for item in items:
        if item.kind == "number":
            body = item.stem.replace(",", "")
            assert not re.search(
                rf"(?<![\d.]){re.escape(re.split(r'[^0-9.]', right(item).replace(',', ''))[0] or '§')}(?![\d.])", body
            ), item
        else:
            assert plain(right(item)) not in plain(item.stem), item
        if item.kind == "term":
            assert not any(name in plain(item.stem) for name in names(glossary[item.term])), item
        if item.kind in ("definition", "formula"):
            assert not any(name in plain(option) for name in names(glossary[item.term]) for option in [right(item)]), (
                item
            )


NUMERALS = str.maketrans("一二三四五六七八九", "123456789")


def shared(stem: str, option: str) -> int:
    """How many characters and pairs of them an option has in common with what a stem asks about."""
    about, offered = plain(stem).translate(NUMERALS), plain(option).translate(NUMERALS)
    pairs = bits(about) & bits(offered)
    return len(pairs) + len({c for c in set(about) & set(offered) if not re.match(r"[a-z]", c)})


def test_matching_words_does_not_find_the_answer(items: tuple[QuizItem, ...]) -> None:
    """No right option shares more with what the stem names or quotes than all the others do."""
    for item in of(items, "definition", "term", "formula"):
        about = re.sub(r"指的是什么？$|怎么算？$|说的是哪个术语？$", "", item.stem)
        best = max(shared(about, option) for option in wrong(item))
        assert shared(about, right(item)) <= best, item


def test_no_part_of_a_name_tells_the_answer(items: tuple[QuizItem, ...]) -> None:
    """What the right option shares with the stem, at least one wrong option has too: a pair of characters, or a rare one."""
    said = [right(item) for item in of(items, "definition")]
    rare = {c for c in "".join(said) if sum(c in text for text in said) < 0.03 * len(said)}
    for item in of(items, "definition", "term"):
        about = re.sub(r"指的是什么？$|说的是哪个术语？$", "", item.stem)
        telling = (bits(about) & bits(right(item))) | (set(plain(about)) & set(plain(right(item))) & rare)
        others = " ".join(map(plain, wrong(item)))
        assert not {piece for piece in telling if piece not in others}, item


GUESSES: dict[str, Callable[[QuizItem], str]] = {
    "the first": lambda item: item.options[0],
    "the last": lambda item: item.options[-1],
    "the longest": lambda item: max(item.options, key=len),
    "the shortest": lambda item: min(item.options, key=len),
    "the one that the others resemble": lambda item: max(
        item.options, key=lambda option: sum(alike(option, other) for other in item.options)
    ),
    "the one that the others resemble least": lambda item: min(
        item.options, key=lambda option: sum(alike(option, other) for other in item.options)
    ),
    "the one with most of the stem's words": lambda item: max(item.options, key=lambda o: shared(item.stem, o)),
}


@pytest.mark.parametrize("guess", GUESSES)
@pytest.mark.parametrize("kind", ["definition", "term", "formula", "order", "number"])
def test_form_alone_does_not_betray_the_answer(items: tuple[QuizItem, ...], kind: str, guess: str) -> None:
    """Whoever goes by form alone is right about as often as by chance, a quarter of the time."""
    asked = of(items, kind)
    hits = sum(GUESSES[guess](item) == right(item) for item in asked) / len(asked)
    assert hits <= 0.45, f"{guess}: {hits:.2f}"


def test_explanations_are_definitions(items: tuple[QuizItem, ...]) -> None:
    for item in of(items, "definition"):
        for option in item.options:
            assert not re.match(r"有(?!目的)|很|非常|十分|越|可以|应该|要|不是|最重要|什么|怎么", option), item
            assert not re.search(r"[两三四五六]个(?:用途|作用|好处|特点|问题)|上述|前者|后者|本手册|示意", option), item


def test_items_about_some_terms_are_those_items(handbook: KnowledgeBase, items: tuple[QuizItem, ...]) -> None:
    some = quiz_items(handbook, ["CAC", "没有这个术语"])
    assert some == tuple(item for item in items if item.term == "CAC")
    assert {item.kind for item in some} == {"definition", "term", "formula"}


def test_the_sample_that_was_read_is_what_is_generated(items: tuple[QuizItem, ...]) -> None:
    """If this fails after a change of notes or rules: `python -m tests.quiz_sample`, read what is new, keep it if it is sound."""
    kept = {row["item_id"]: row for row in map(json.loads, GOLDEN.read_text("utf-8").splitlines())}
    now = {item.item_id: item for item in items}
    assert len(kept) == 40 and list(kept) == [row["item_id"] for row in sample(items)]
    for item_id, row in kept.items():
        item = now[item_id]
        assert (item.stem, list(item.options), item.right) == (row["stem"], row["options"], row["right"])
        assert (item.citation.doc_id, item.citation.quote) == (row["doc_id"], row["quote"])


def test_items_are_the_same_under_another_hash_seed(handbook: KnowledgeBase, items: tuple[QuizItem, ...]) -> None:
    code = (
        "import sys, json; from dataclasses import asdict; from kbqa import KnowledgeBase;"
        "from kbqa.onboarding.quiz import quiz_items;"
        "print(json.dumps([asdict(i) for i in quiz_items(KnowledgeBase.open(sys.argv[1]))]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(handbook.path)],
        env={**os.environ, "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == json.loads(json.dumps([asdict(i) for i in items]))


@pytest.mark.parametrize(
    "notes",
    [
        {"空.md": ""},
        {"标题.md": "# 只有标题\n"},
        {"散文.md": "# 周五\n\n今天开了三个会，定了两件事，明天再说。\n"},
        {"plain.txt": "no terms at all\njust two lines\n"},
        {"一个.md": "# 甲\n\n毛利率是指毛利占收入的比例。\n\n公式：毛利率 ＝ 毛利 ÷ 收入 × 100%。\n"},
    ],
    ids=["empty", "title", "prose", "English", "one term"],
)
def test_notes_that_give_nothing_give_no_items(tmp_path: Path, write_notes: Write, notes: Mapping[str, str]) -> None:
    write_notes(tmp_path / "notes", {**notes, "别的.md": "# 别的\n\n没有什么可考的。\n"})
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    assert quiz_items(KnowledgeBase.open(tmp_path / "index")) == ()


RATES = """---
terms: [转头率, 挑拣率, 反悔率, 搭售率]
---

# 门店指标

## 有哪些比率

- 转头率（Glance Rate）是指路过橱窗的行人里停下来看的行人所占的比例。
- 挑拣率（Picking Rate）是指进门的顾客里动手翻看衣架的顾客所占的比例。
- 反悔率（Regret Rate）是指卖出的件数里七天之内被退还的件数所占的比例，一般按月看。
- 搭售率（Attach Rate）是指买了主件的订单里还含有配件的订单所占的比例。
"""


def test_an_item_worked_by_hand(tmp_path: Path, write_notes: Write) -> None:
    """Four rates in one note: each is asked for in both directions, with the other three as wrong options."""
    write_notes(tmp_path / "notes", {"指标.md": RATES})
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    made = quiz_items(KnowledgeBase.open(tmp_path / "index"), ["反悔率"])
    meaning = "卖出的件数里七天之内被退还的件数所占的比例"
    assert [(item.kind, item.stem) for item in made] == [
        ("definition", "「反悔率」指的是什么？"),
        ("term", f"「{meaning}」说的是哪个术语？"),
    ]
    assert (right(made[0]), right(made[1])) == (meaning, "反悔率")
    assert sorted(made[1].options) == ["反悔率", "挑拣率", "搭售率", "转头率"]
    assert made[0].citation.quote.endswith("一般按月看。") and made[0].citation.line == 11


def test_terms_that_share_a_name_never_stand_in_one_item(
    items: tuple[QuizItem, ...], glossary: dict[str, Term]
) -> None:
    for item in of(items, "term"):
        for one, other in combinations(item.options, 2):
            assert not set(names(glossary[one])) & set(names(glossary[other])), item
