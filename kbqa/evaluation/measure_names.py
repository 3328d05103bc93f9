"""What measures are called in Chinese, in the order in which they are shown; reports and comparisons go by it."""

from __future__ import annotations

MEASURE_NAMES: dict[str, str] = {
    "Success@1": "首位命中",
    "Success@3": "前三命中",
    "RR@10": "倒数排名",
    "nDCG@10": "归一化增益",
    "R@10": "前十召回",
    "nugget_recall": "要点召回",
    "answer_precision": "答案精度",
    "cited_evidence": "引用有据",
    "citation_precision": "引用精度",
    "citation_recall": "引用召回",
    "citations_exact": "引文一字不差",
    "refusal_recall": "该拒的拒了",
    "false_refusal": "误拒",
    "refusal_recall@5%": "误拒 5% 时拒答",
    "AUROC": "拒答区分度",
    "AURC": "风险面积",
    "median_answer_characters": "答案字数",
}
