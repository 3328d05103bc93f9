"""Which files of pairs there are, under what licence, and how much of each is used.

Only sources whose licence lets anyone pass on weights made from them are trained on. The others are listed as well,
with the reason, so that nobody adds them by mistake: `usable` is the one door to the data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A file `NAME.jsonl.gz` of pairs.

    Attributes:
        licence: as stated by its origin.
        redistributable: whether weights trained on it may be passed on without doubt.
        cap: pairs used at most.
        what: where it comes from and what a pair is.
        per_query: rows used at most for one query.
    """

    name: str
    licence: str
    redistributable: bool
    cap: int
    what: str
    per_query: int = 4


_UNCLEAR_LCTT = "Apache-2.0 file, second statement CC BY-NC-SA"
_BUSINESS = "CC BY 4.0, Apache-2.0, MIT"
_TECH = "CC BY 4.0, CC BY-SA 3.0, Apache-2.0, MIT, BSD"
_BUSINESS_ORIGINS = (
    "Microsoft Customer Insights and Office support documentation, Dify, AWS clickstream analytics, Bagisto, Sylius, "
    "CNCF glossary, Open Source Guides"
)
_TECH_ORIGINS = (
    "Microsoft BizTalk, PowerShell and Office add-in documentation, TiDB, TensorFlow, Ant Design, Semi Design, S2, "
    "Apache APISIX, Apache ECharts, tldr-pages, Electron, Hugging Face course, bitcoin.org"
)

SOURCES: tuple[Source, ...] = (
    Source("cedict_zh_en", "CC BY-SA 4.0", True, 220_000, "CC-CEDICT (MDBG): headword and gloss, both directions"),
    Source("laws_articles", "public domain", True, 50_000, "statutes of the PRC: law and chapter, article"),
    Source("pydocs_en_zh", "CC0-1.0, PSF-2.0", True, 50_000, "Python documentation and its translation"),
    Source("msdocs_d365_zh", "CC BY 4.0", True, 20_000, "Microsoft Dynamics 365 documentation: heading, section"),
    Source("msdocs_powerbi_zh", "CC BY 4.0", True, 20_000, "Microsoft Power BI documentation: heading, section"),
    Source("msdocs_powerapps_zh", "CC BY 4.0", True, 20_000, "Microsoft Power Apps documentation: heading, section"),
    Source("msdocs_older_zh", "CC BY 4.0", True, 10_000, "older versions of these: heading, section"),
    Source("tatoeba_en_zh", "CC BY 2.0 FR", True, 30_000, "Tatoeba: sentences and their translations"),
    Source("wenerme_finance_terms", "CC BY-SA 4.0", True, 20_000, "wenerme/wener: finance terms, English and Chinese"),
    Source("wenerme_glossaries", "CC BY-SA 4.0", True, 20_000, "wenerme/wener: glossaries, English and Chinese"),
    Source("wenerme_notes", "CC BY-SA 4.0", True, 20_000, "wenerme/wener: heading, note"),
    Source("kdconv_travel_kb", "Apache-2.0", True, 5_000, "KdConv travel knowledge: entity, description"),
    Source("hikariming_zh_qa", "MIT", True, 5_000, "hikariming/chat-dataset-baseline: question, answer"),
    Source("ks_growthhacking", "Apache-2.0", True, 5_000, "SC-CS-KS/KS-GrowthHacking: heading, text"),
    Source("business_par", _BUSINESS, True, 50_000, f"sentences and translations: {_BUSINESS_ORIGINS}"),
    Source("business_head", _BUSINESS, True, 20_000, "headings and labels of the same, translated"),
    Source("business_x", _BUSINESS, True, 20_000, "English heading, Chinese section of the same"),
    Source("business_zh", _BUSINESS, True, 20_000, "Chinese heading, section of the same"),
    Source("tech_par", _TECH, True, 140_000, f"sentences and translations: {_TECH_ORIGINS}"),
    Source("tech_head", _TECH, True, 30_000, "headings of the same, translated"),
    Source("tech_x", _TECH, True, 30_000, "English heading, Chinese section of the same"),
    Source("tech_zh", _TECH, True, 30_000, "Chinese heading, section of the same"),
    Source("lctt_zh", _UNCLEAR_LCTT, False, 0, "articles: heading, section"),
    Source("lctt_xl", _UNCLEAR_LCTT, False, 0, "articles: English title, Chinese text"),
    Source("lctt_hist_par", _UNCLEAR_LCTT, False, 0, "articles: sentences and translations"),
    Source("lctt_hist_head", _UNCLEAR_LCTT, False, 0, "articles: headings, translated"),
    Source("lctt_hist_x", _UNCLEAR_LCTT, False, 0, "articles: English heading, Chinese section"),
    Source("crud_news_lead", "Apache-2.0 badge on news of third parties", False, 0, "news: first sentence, rest"),
    Source("jionlp_word_def", "Apache-2.0 repository, origin unclear", False, 0, "dictionary: word, sense"),
    Source("xinhua_idioms", "MIT repository, origin unclear", False, 0, "dictionary: idiom, sense"),
)


def usable(sources: tuple[Source, ...] = SOURCES) -> tuple[Source, ...]:
    """The sources that may be trained on; whatever is flagged stays out."""
    return tuple(source for source in sources if source.redistributable and source.cap > 0)
