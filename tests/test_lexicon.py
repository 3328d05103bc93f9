"""The lexicon of the field: one string, one notion; colloquial wording leads somewhere new."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

import kbqa
from kbqa.text import fold, squeeze

_PATH = Path(kbqa.__file__).parent / "terms" / "lexicon.yaml"
_HAN = re.compile(r"[\u4e00-\u9fff]")

# One string, two notions, and only the notes can tell which: whoever reads the lexicon gets both.
_AMBIGUOUS = {
    "community": {"社区", "社群"},
    "cpi": {"CPI", "成本绩效指数"},
    "delivery": {"交付", "配送"},
    "interview": {"用户访谈", "面试"},
    "jd": {"京东", "岗位职责"},
    "onboarding": {"入职", "新手引导"},
    "pm": {"产品经理", "项目经理"},
    "promotion": {"促销", "推广", "晋升"},
    "sql": {"SQL", "销售合格线索"},
    "strategy": {"战略", "策略"},
    "ue": {"单位经济模型", "用户体验"},
    "warehouse": {"仓库", "数据仓库"},
}


@pytest.fixture(scope="module")
def lexicon() -> dict[str, list[dict]]:
    return yaml.safe_load(_PATH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def by_name(lexicon: dict[str, list[dict]]) -> dict[str, dict]:
    return {entry["name"]: entry for entry in lexicon["terms"]}


def _strings(entry: dict) -> list[str]:
    return [entry["name"], *entry.get("aliases", []), *entry.get("english", [])]


def test_shape_and_size(lexicon: dict[str, list[dict]]) -> None:
    """Two lists, no other key, every item a trimmed string (YAML would read a bare 618 as a number)."""
    assert set(lexicon) == {"terms", "related"}
    assert len(lexicon["terms"]) >= 450
    assert len(lexicon["related"]) >= 350
    for entry in lexicon["terms"]:
        assert {"name"} < set(entry) <= {"name", "aliases", "english"}, entry
        assert all(isinstance(s, str) and s and s == s.strip() for s in _strings(entry)), entry
    for rule in lexicon["related"]:
        assert set(rule) == {"say", "means"}, rule
        assert rule["say"] and rule["means"], rule
        assert all(isinstance(s, str) and s and s == s.strip() for s in rule["say"] + rule["means"]), rule


def test_names_are_unique(lexicon: dict[str, list[dict]]) -> None:
    """Two entries of one name would be one entry that lost half its aliases."""
    counts = Counter(fold(entry["name"]) for entry in lexicon["terms"])
    assert [name for name, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("normalise", [fold, squeeze])
def test_a_string_belongs_to_one_entry(lexicon: dict[str, list[dict]], normalise) -> None:
    """After folding, and even without marks and spaces, only the listed strings stand in two entries."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for entry in lexicon["terms"]:
        for string in _strings(entry):
            owners[normalise(string)].add(entry["name"])
    assert {s: names for s, names in owners.items() if len(names) > 1} == _AMBIGUOUS


def test_no_string_twice_in_an_entry(lexicon: dict[str, list[dict]]) -> None:
    """An alias never repeats its name or another alias; `english` may repeat a name that is an abbreviation."""
    for entry in lexicon["terms"]:
        others = [fold(s) for s in entry.get("aliases", []) + entry.get("english", [])]
        assert len(set(others)) == len(others), entry
        assert fold(entry["name"]) not in map(fold, entry.get("aliases", [])), entry


def test_english_holds_what_has_no_chinese_character(lexicon: dict[str, list[dict]]) -> None:
    """Readers match `english` on word boundaries, so Chinese must not hide there, nor an abbreviation in `aliases`."""
    for entry in lexicon["terms"]:
        assert not any(_HAN.search(s) for s in entry.get("english", [])), entry
        assert all(_HAN.search(s) for s in entry.get("aliases", [])), entry
        if not _HAN.search(entry["name"]):
            assert entry["name"] in entry["english"], entry


def test_say_is_short_and_said_once(lexicon: dict[str, list[dict]]) -> None:
    """A wording of one character would fire everywhere; one in two rules would hide a contradiction."""
    says = [s for rule in lexicon["related"] for s in rule["say"]]
    assert [s for s in says if not 2 <= len(s) <= 8] == []
    assert [s for s, n in Counter(map(fold, says)).items() if n > 1] == []


def test_say_leads_to_something_new(lexicon: dict[str, list[dict]]) -> None:
    """No wording means itself, nor a synonym that its own entry already gives."""
    synonyms: defaultdict[str, set[str]] = defaultdict(set)
    for entry in lexicon["terms"]:
        for string in _strings(entry):
            synonyms[fold(string)].update(map(fold, _strings(entry)))
    for rule in lexicon["related"]:
        means = list(map(fold, rule["means"]))
        assert len(set(means)) == len(means), rule
        for say in rule["say"]:
            assert not ({fold(say)} | synonyms.get(fold(say), set())) & set(means), (say, rule)


@pytest.mark.parametrize(
    ("name", "aliases", "english"),
    [
        ("ROI", {"投资回报率", "投产比", "投入产出比"}, {"return on investment", "ROI"}),
        ("A/B测试", {"AB测试", "A/B实验", "对照实验", "分流测试"}, {"A/B testing", "split test"}),
        ("LTV", {"用户生命周期价值", "客户终身价值"}, {"lifetime value", "CLV"}),
        ("数据仓库", {"数仓"}, {"data warehouse", "warehouse"}),
        ("用户旅程", {"用户旅程地图", "用户体验地图"}, {"customer journey"}),
    ],
)
def test_known_entries(by_name: dict[str, dict], name: str, aliases: set[str], english: set[str]) -> None:
    """Equivalents that anybody in the field expects."""
    assert aliases <= set(by_name[name]["aliases"])
    assert english <= set(by_name[name]["english"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("复购", "留存"),
        ("用户画像", "用户旅程"),
        ("用户分层", "用户分群"),
        ("私域", "社群"),
        ("拉新", "激活"),
        ("KOL", "KOC"),
    ],
)
def test_neighbours_stay_apart(by_name: dict[str, dict], one: str, other: str) -> None:
    """Near is not equal: merged, a question about the one would be answered with the other."""
    assert not set(map(fold, _strings(by_name[one]))) & set(map(fold, _strings(by_name[other])))


@pytest.mark.parametrize(
    ("say", "note_word"),
    [
        ("不来了", "流失"),
        ("划算", "ROI"),
        ("薅羊毛", "风控"),
        ("断货", "补货"),
        ("甩锅", "责任分工"),
        ("数对不上", "指标口径"),
    ],
)
def test_known_wordings(lexicon: dict[str, list[dict]], say: str, note_word: str) -> None:
    """Everyday wording reaches the word of the notes."""
    assert [rule for rule in lexicon["related"] if say in rule["say"] and note_word in rule["means"]]
