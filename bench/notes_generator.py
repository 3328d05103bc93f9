"""A large folder of made-up notes, so that speed can be measured at a size that no folder at hand has.

The corpus gives the material: notes are put together from its sections, paragraphs from its sentences, with invented
product names, other figures and short cases in between, so that no two passages are the same and chunks, sentences and
vocabulary stay as in real notes. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+)$")
_ITEM = re.compile(r"^\s*(?:[-*+] |\d+[.、] )")
_COUNT = re.compile(r"^\d+[.、] ")
_SENTENCE = re.compile(r"[^。！？]*[。！？]+[”」』）]*|[^。！？]+$")
# Numbers that belong to a name (LTV30, 4P) or to the marker of a list item stay as they are.
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.,])\d+(?:\.\d+)?(?![A-Za-z0-9_,]|\. |、)")

# Two of these make the invented part of a name: thousands of words that no dictionary has, as real notes have them.
_SYLLABLES = (
    "青禾云岫白鹭松果蓝湾南山北辰星野微澜长风晴川暮轻舟朝露海棠银杏麦田竹里橙柚木小满谷雨惊蛰立夏月溪槿石榴飞鸟鲸落"
    "半知秋拾光初见向阳近邻远航启明同万象千寻百川子衿鹿鸣采薇静姝桃夭清扬若兰思齐乐康安宁嘉言慧敏博文景行修远怀瑾"
)
_LATIN_SYLLABLES = "ka lo mi ra ve tu shi no pe zan dor fi gel ux bri quo ste wan".split()
_KINDS = (
    "商城 课堂 读书 出行 记账 健身 外卖 社区 医生 租房 影音 音乐 招聘 会员 超市 菜场 母婴 宠物 旅行 摄影 "
    "理财 保险 汽车 家装 鲜花 咖啡 烘焙 票务 直播 短剧 漫画 小说 英语 编程 考研 问诊 药房 快递 打车 翻译"
).split()
_READERS = ("用户", "用户", "会员", "读者", "学员", "车主", "商家", "买家")
_TITLES = (
    "{name}的{topic}", "{topic}：{name}的做法", "{name}{topic}手册", "{year} 年{name}{topic}复盘", "{topic}（{name}）",
)  # fmt: skip
_HEADINGS = (
    "{heading}", "{heading}", "{heading}", "{name}：{heading}", "{heading}（{year} 年{month} 月）", "再说{heading}",
)  # fmt: skip
_CASES = (
    "{year} 年 {month} 月，{other}用 {weeks} 周把{metric}从 {low}% 提到 {high}%，主要靠{means}。",
    "{other}在 {month} 月试过一次{means}，覆盖 {people} 人，{metric}涨了 {low} 个百分点，成本 {cost} 元。",
    "对照组的{metric}是 {low}%，{other}的实验组是 {high}%，差额按 {people} 人折算约 {cost} 元。",
    "{other}复盘时发现，{metric}掉到 {low}% 的那 {weeks} 周，恰好停掉了{means}。",
)
_METRICS = (
    "次日留存 七日留存 转化率 复购率 打开率 点击率 激活率 完课率 加购率 好评率 召回率 续费率 分享率 到店率 核销率"
).split()
_MEANS = (
    "新手任务 满减券 积分商城 社群打卡 短信召回 首页改版 客服回访 老带新 直播预告 会员日 签到 榜单 专题页 拼团 问卷"
).split()

# Chance that a section gets a case of its own; one that is shorter than this always does, lest it be copied as it is.
_CASE_CHANCE, _SHORT = 0.25, 90
_SAMPLE_NOTES = 40
_MAX_NOTES = 20_000
_KEPT = 0.955
"""Share of chunks left when word-for-word copies are joined, measured over 20,000; copies are as rare in real notes."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (0 is no heading) and its blocks, each a tuple of lines."""

    level: int
    heading: str
    blocks: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A note of the corpus taken apart."""

    title: str
    sections: tuple[Section, ...]
    sentences: tuple[str, ...]
    items: tuple[str, ...]


def read_sources(folder: Path) -> tuple[Source, ...]:
    """All Markdown notes below a folder; those without sections, sentences or lists are left out."""
    paths = sorted(p for p in folder.rglob("*.md") if p.name != "README.md")
    sources = [_take_apart(p.read_text("utf-8"), p.stem) for p in paths]
    useful = tuple(s for s in sources if s.sections and s.sentences and s.items)
    if not useful:
        raise SystemExit(f"No Markdown notes with headings, sentences and lists in {folder}.")
    return useful


def _take_apart(text: str, stem: str) -> Source:
    sections: list[Section] = []
    heading, lines = (0, ""), []
    for line in [*_FRONT_MATTER.sub("", text).split("\n"), "# "]:
        match = _HEADING.match(line)
        if match or line == "# ":
            sections.append(Section(*heading, _blocks(lines)))
            heading, lines = (len(match[1]), match[2]) if match else heading, []
        else:
            lines.append(line)
    title = next((s.heading for s in sections if s.level == 1), stem)
    lines = [line for s in sections for b in s.blocks if not _is_table(b) for line in b]
    items = tuple(line for line in lines if _ITEM.match(line))
    prose = (s for line in lines if not _ITEM.match(line) for s in _SENTENCE.findall(line))
    usable = tuple(s for s in sections if s.level > 1 and s.blocks)
    return Source(title, usable, tuple(s for s in prose if 8 <= len(s) <= 80 and s[-1] == "。"), items)


def _blocks(lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group) for filled, group in groupby(lines, key=lambda line: bool(line.strip())) if filled)


def _is_table(block: Sequence[str]) -> bool:
    return block[0].startswith("|")


class Writer:
    """Writes notes from taken-apart ones."""

    def __init__(self, sources: Sequence[Source], seed: int) -> None:
        self._sources = sources
        self._random = random.Random(seed)
        self._name = ""
        self._readers = ""

    def note(self) -> tuple[str, str]:
        """The next note: its title and its Markdown."""
        source = self._random.choice(self._sources)
        self._name = self._product()
        self._readers = self._random.choice(_READERS)
        title = self._fill(self._random.choice(_TITLES).replace("{topic}", source.title))
        parts = [f"---\ntitle: {title}\ntags: [{source.title}, {self._name}]\n---", f"# {title}"]
        for section in self._sections(source):
            heading = self._random.choice(_HEADINGS).replace("{heading}", section.heading)
            parts.append("#" * section.level + " " + self._reworded(self._fill(heading)))
            blocks = ["\n".join(self._block(block, source)) for block in section.blocks]
            parts += blocks
            if self._random.random() < _CASE_CHANCE or sum(map(len, blocks)) < _SHORT:
                parts.append(self._fill(self._random.choice(_CASES)))
        return title, "\n\n".join(parts) + "\n"

    def _product(self) -> str:
        if self._random.random() < 0.2:
            return "".join(self._random.choices(_LATIN_SYLLABLES, k=3)).capitalize()
        return "".join(self._random.choices(_SYLLABLES, k=2)) + self._random.choice(_KINDS)

    def _sections(self, source: Source) -> Iterator[Section]:
        for section in source.sections:
            chance = self._random.random()
            if chance < 0.2:
                yield self._random.choice(self._random.choice(self._sources).sections)
            elif chance < 0.95:
                yield section

    def _block(self, block: tuple[str, ...], source: Source) -> list[str]:
        """A block with some sentences, items or rows left out or exchanged, and with other numbers."""
        if _is_table(block):
            return [*block[:2], *(self._varied(row) for row in self._most(block[2:]))]
        if _ITEM.match(block[0]):
            items = [self._varied(self._item(item, source)) for item in self._most(block)]
            return [_COUNT.sub(f"{i}. ", item) for i, item in enumerate(items, 1)]
        return [self._varied("".join(self._sentence(s, source) for s in _SENTENCE.findall(line))) for line in block]

    def _most(self, lines: Sequence[str]) -> Sequence[str]:
        """The lines but for about one in seven; never none of them."""
        return [line for line in lines if self._random.random() < 0.85] or lines[:1]

    def _item(self, item: str, source: Source) -> str:
        chance = self._random.random()
        if chance < 0.2:
            return self._random.choice(source.items)
        return item + self._random.choice(source.sentences) if chance < 0.35 else item

    def _sentence(self, sentence: str, source: Source) -> str:
        chance = self._random.random()
        if chance > 0.3 or sentence[-1] not in "。！？":
            return self._fill("按{other}的经验，") + sentence if chance > 0.85 else sentence
        other = source if chance > 0.08 else self._random.choice(self._sources)
        return self._random.choice(other.sentences)

    def _varied(self, line: str) -> str:
        return _NUMBER.sub(self._number, self._reworded(line))

    def _reworded(self, line: str) -> str:
        line = re.sub("某[\u4e00-\u9fff]{0,4}(?:平台|产品|应用|公司|品牌|团队)|本团队", self._name, line)
        return line.replace("用户", self._readers)

    def _number(self, match: re.Match[str]) -> str:
        """A number of the same kind: as many decimals, half to twice as large; years and small counts stay near."""
        text = match[0]
        if "." in text:
            return f"{float(text) * self._random.uniform(0.5, 2):.{len(text.split('.')[1])}f}"
        value = int(text)
        if 1990 <= value <= 2100 or value < 3:
            return text
        return str(max(2, round(value * self._random.uniform(0.5, 2))))

    def _fill(self, pattern: str) -> str:
        pick = self._random
        low = pick.randint(3, 40)
        values = {
            "name": self._name, "other": self._name if pick.random() < 0.5 else self._product(),
            "year": pick.randint(2016, 2026), "month": pick.randint(1, 12), "weeks": pick.randint(2, 16),
            "metric": pick.choice(_METRICS), "means": pick.choice(_MEANS),
            "low": low, "high": low + pick.randint(2, 30),
            "people": pick.randint(3, 9000) * 10, "cost": pick.randint(5, 9000) * 10,
        }  # fmt: skip
        return re.sub(r"\{(\w+)\}", lambda m: str(values[m[1]]), pattern)


def chunks_of(markdown: str, doc_id: str) -> int:
    """How many chunks the indexer makes of a note."""
    from kbqa.indexing.chunking import chunk_document
    from kbqa.notes.reading import read_bytes
    from kbqa.settings import BuildSettings

    document = read_bytes(markdown.encode(), doc_id).document
    return len(chunk_document(document, BuildSettings())) if document else 0


def write_notes(corpus: Path, target: Path, chunks: int, seed: int) -> int:
    """Fill an empty folder with notes that give about so many chunks; returns how many notes.

    The first notes are cut into chunks to learn how many a note has.
    """
    writer = Writer(read_sources(corpus), seed)
    sample = [writer.note() for _ in range(_SAMPLE_NOTES)]
    per_note = sum(chunks_of(text, f"{i}.md") for i, (_, text) in enumerate(sample)) / len(sample)
    count = min(_MAX_NOTES, max(1, round(chunks / per_note / _KEPT)))
    for i in range(count):
        title, text = sample[i] if i < len(sample) else writer.note()
        folder = target / f"{i % 25:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w]+", "-", title).strip("-")
        (folder / f"{i:05d}-{name}.md").write_text(text, "utf-8")
    return count


def main() -> None:
    """Command line: `python -m bench.notes_generator CORPUS TARGET`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.target.exists() and any(options.target.iterdir()):
        parser.error(f"{options.target} is not empty")
    count = write_notes(options.corpus, options.target, options.chunks, options.seed)
    print(f"{count} notes", file=sys.stderr)


if __name__ == "__main__":
    main()
