"""How sure it is that the notes answer a question: a logistic model over what was found, fitted by `kbqa calibrate`.

The weights depend on the encoder, whose similarities have a scale of their own; a calibration says which it was fitted with.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from kbqa.answering.misses import NAMES as MISSES
from kbqa.answering.misses import misses
from kbqa.errors import IndexDamaged
from kbqa.indexing.index import Index
from kbqa.retrieval.fit import sentence_fits
from kbqa.retrieval.question import Question
from kbqa.retrieval.search import WEIGHTS, Found
from kbqa.terms.glossary import names_of
from kbqa.text import fold

FILE = "calibration.json"
NAMES = (
    "dense", "likeness", "headline", "fit", "scrap", "score", "sentence_coverage", "sentence_cosine", "nouns missing",
    "definition there", "formula there", "ideas", "terms", "english", "outward", "figure missing", "name missing", "dense gap", "lexical gap",
    "score gap", "dense deviation", "asks list", "asks howto", "asks formula", "asks number", "asks compare", "asks why", "asks fact",
    *MISSES,
)  # fmt: skip
_KINDS = ("list", "howto", "formula", "number", "compare", "why", "fact")  # against definitions
# Asked for, but rarely in anybody's notes: which product to buy, what it costs today, code, forms, licences.
_OUTWARD = re.compile(
    r"(?:(?<!为)什么(?!时候)|哪[个款些种]|(?<!为)啥|推荐(?!算法|系统|机制|位|语)).{0,10}软件|软件(?:比|用哪|哪|推荐)"
    r"|平台[^,]{0,6}(?:(?<![不偏爱])好(?!友|处)|(?<![精筛首])选|买(?!家|点|手))|(?:什么|哪[个种些]|啥)牌子"
    r"|推荐[^,]{0,6}(?:工具|软件|平台|品牌|服务商|机构|课|书)|哪家|供应商|服务商|代码|下载(?:地址|链接)|哪里?下载|报价|工资(?!条|结构|核算|[都也和与、]|怎么发)|[月年底起]薪|薪[资水]|官网(?:在哪|地址|是(?:什么|哪|多少)|网址)"
    r"|开户|申请|资质|法规|法律|备案|税|\b(?:software|download|template|vendor|salary|license|tax)\b|哪一?年|多少钱"
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted logistic model.

    Attributes:
        encoder: digest of the encoder that it was fitted with.
        weights: feature → weight per unit of the feature.
        threshold: probability below which an answer abstains; set for the share of answerable questions that may be lost.
        made_of: counts and figures of the fit, for people.
    """

    encoder: str
    bias: float
    weights: Mapping[str, float]
    threshold: float
    made_of: Mapping[str, float]

    def probability(self, values: Mapping[str, float]) -> float:
        """Probability, 0 to 1, that the notes answer the question."""
        logit = self.bias + sum(weight * values[name] for name, weight in self.weights.items())
        return round(1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))), 4)

    @property
    def digest(self) -> str:
        """SHA-256 of everything that a probability depends on."""
        values = [self.bias, sorted(self.weights.items()), self.threshold]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def load_calibration(index: Path, encoder: str) -> Calibration:
    """A team's own calibration beside its index if it was fitted with this encoder, else the one that ships."""
    own = index / FILE
    if own.is_file():
        try:
            calibration = _read(own.read_text("utf-8"))
        except (ValueError, TypeError, OSError):
            raise IndexDamaged(
                f"{own} 已损坏。请删掉它，或用 kbqa calibrate 重新拟合。",
                f"{own} is damaged. Delete it, or fit it anew with kbqa calibrate.",
            ) from None
        if calibration.encoder == encoder and set(calibration.weights) <= set(NAMES):
            return calibration
    return _read(resources.files("kbqa.models").joinpath("static-zh-en", FILE).read_text("utf-8"))


def _read(text: str) -> Calibration:
    values = json.loads(text)
    if not isinstance(values, dict) or not isinstance(values.get("weights"), dict):
        raise ValueError("no calibration")
    return Calibration(**values)


_NOUN, _HARDLY = 0.9, 0.4  # importance of a noun that the notes lack; coverage up to which an idea counts as not there


def features(index: Index, found: Found) -> dict[str, float]:
    """What speaks for an answer and against; needs at least one hit.

    `dense`, `likeness`, `headline`, `fit`, `scrap`, `score` are parts of the best hits; nouns of the question may be
    missing in the best passage, as may a figure that was asked for, a year or a name; a definition that was asked for may be
    there, or a formula in a sentence that speaks of the matter; the gaps say how far the best stands out from the rest; the kind counts because
    people ask numbers and reasons of their notes with unlike success; near misses are told by `kbqa.answering.misses`.
    """
    top, best = found.hits[:3], found.hits[0].parts
    question = found.question
    told = fold("\n".join([*found.hits[0].chunk.heading_path, found.hits[0].chunk.text]))
    first = found.sentences.get(found.rows[0], ())
    looked = [s for row in found.rows[:3] for s in found.sentences.get(row, ())]
    values = {name: max(hit.parts[name] for hit in top) for name in ("dense", "likeness", "headline")}
    values |= {
        "fit": best["fit"],
        "scrap": best["scrap"],
        # Not the hit's own score: that meaning counts more where words fail, and precedents, say what is best, not how good it is.
        "score": sum(weight * best[name] for name, weight in WEIGHTS.items() if name != "precedents"),
        "sentence_coverage": max((s.coverage for s in looked), default=0.0),
        "sentence_cosine": max((s.cosine for s in first), default=0.0),
        "nouns missing": sum(
            idea.known_missing >= _NOUN and here < _HARDLY
            for idea, here in zip(question.ideas, found.covered, strict=True)
        ),
        "definition there": float(question.kind != "formula" and any(s.fits for s in looked)),
        "formula there": max((s.score for s in looked if s.fits and question.kind == "formula"), default=0.0),
        "ideas": math.log1p(len(question.ideas)),
        "terms": min(len(question.terms), 4),
        "english": float(question.english),
        "outward": float(bool(_OUTWARD.search(fold(question.text)))),
        "figure missing": float(question.kind == "number" and not sentence_fits("number", told)),
        "name missing": float(any(not _is_told(index, name, told) for name in _names(question))),
        **found.gaps,
        **misses(index, found),
    }
    values |= {f"asks {kind}": float(question.kind == kind) for kind in _KINDS}
    return {name: values[name] for name in NAMES}


def _names(question: Question) -> list[str]:
    """Figures and, in a Chinese question, Latin names: a passage on the same thing of another year or brand has others."""
    return re.findall(r"\d{2,}" if question.english else r"\d{2,}|[a-z][a-z0-9]+", fold(question.text))


def _is_told(index: Index, name: str, told: str) -> bool:
    """Whether a name, or another name of the term that it is, stands in a folded text."""
    terms = (index.glossary.terms[match.term] for match in index.segmenter.matches(name))
    return name in told or any(fold(other) in told for term in terms for other in names_of(term))


def confidence(index: Index, found: Found, calibration: Calibration) -> float:
    """Probability, 0 to 1, that the notes answer the question; 0 when nothing was found."""
    return calibration.probability(features(index, found)) if found.hits else 0.0
