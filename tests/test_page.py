"""The HTML report as text: why a question failed, what the page holds, and that nothing in a run can become markup."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from kbqa.errors import EvaluationError
from kbqa.evaluation.page import REASONS, evidence_rank, failure_reason, html_page

HOSTILE = "</script><img src=x onerror=alert(1)><!--<script </script x <p/onclick=a> & \u2028 \u2029 $data \ud800 ]]>"


def question(**more: Any) -> dict[str, Any]:
    return {"id": "q1", "type": "fact", "question": "签到发几分", "answerable": True, "abstained": False, **more}


def a_run(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "试跑", "aggregate": {"Success@1": 0.5}, "by_type": {}, "questions": list(questions), **more}


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


# --- why a question failed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"answerable": True, "abstained": True, "RR@10": 0.0}, "refused"),
        ({"answerable": False, "abstained": False}, "should have refused"),
        ({"answerable": False, "abstained": False, "RR@10": 1.0, "nugget_recall": 1.0}, "should have refused"),
        ({"answerable": False, "abstained": True}, "ok"),
        ({"answerable": True, "abstained": False, "RR@10": 0.0, "nugget_recall": 1.0}, "not retrieved"),
        ({"answerable": True, "abstained": False, "RR@10": 0.25, "nugget_recall": 1.0}, "ranked low"),
        ({"answerable": True, "abstained": False, "RR@10": 0.1, "nugget_recall": 0.0}, "ranked low"),
        ({"answerable": True, "abstained": False, "RR@10": 1 / 3, "nugget_recall": 0.5}, "ok"),
        ({"answerable": True, "abstained": False, "RR@10": 0.3333, "nugget_recall": 0.49}, "wrong sentence"),
        ({"answerable": True, "abstained": False, "RR@10": 1.0, "nugget_recall": 0.0}, "wrong sentence"),
        ({"answerable": True, "abstained": False, "RR@10": 1.0, "nugget_recall": None}, "ok"),
        ({"answerable": True, "abstained": False, "RR@10": None, "nugget_recall": 0.2}, "wrong sentence"),
        ({"answerable": True, "abstained": False}, "ok"),
    ],
)
def test_the_first_rule_that_holds_is_the_reason(row: dict[str, Any], reason: str) -> None:
    """Refusal before retrieval, retrieval before the sentence; place 3 and half of the nuggets are still good."""
    assert failure_reason(row) == reason


def test_every_reason_can_come_out() -> None:
    assert REASONS == ("not retrieved", "ranked low", "wrong sentence", "refused", "should have refused", "ok")


def test_a_reciprocal_rank_gives_its_rank_back() -> None:
    """Also after rounding to four places, as reports are."""
    assert [evidence_rank({"RR@10": round(1 / n, 4)}) for n in range(1, 11)] == list(range(1, 11))
    assert (evidence_rank({"RR@10": 0.0}), evidence_rank({"RR@10": None}), evidence_rank({})) == (0, None, None)


# --- what the page holds ----------------------------------------------------------------------------------------------


def test_rows_say_why_they_failed_and_where_their_evidence_is() -> None:
    """Group 1 is in passages 2 and 3 (marks and white space do not count), group 2 in passage 3, group 3 nowhere."""
    evidence = [["发 5 分", "发五分"], ["连签七天"], ["没有这句"]]
    passages = ["完全无关", "每日签到，发5分。", "签到发五分；连签 七天再加。"]
    page = html_page(a_run(question(**{"RR@10": 0.5}, passages=passages, expected={"evidence": evidence})))
    row = data_of(page)["questions"][0]
    assert (row["why"], row["rank"], row["found"], row["supporting"]) == ("ok", 2, [2, 3, 0], [1, 2])


def test_a_given_reason_stands() -> None:
    rows = data_of(html_page(a_run(question(why="ranked low"), question(abstained=True))))["questions"]
    assert [row["why"] for row in rows] == ["ranked low", "refused"]


def test_a_passage_that_many_questions_share_is_written_once() -> None:
    page = html_page(a_run(question(passages=["同一段话", "甲"]), question(passages=["乙", "同一段话"])))
    data = data_of(page)
    assert page.count("同一段话") == 1
    assert data["texts"] == ["同一段话", "甲", "乙"]
    assert [row["passages"] for row in data["questions"]] == [[0, 1], [2, 0]]


def test_the_run_is_not_changed() -> None:
    run = a_run(question(passages=["甲"], expected={"evidence": [["甲"]]}))
    before = copy.deepcopy(run)
    html_page(run)
    assert run == before


def test_a_run_without_questions_has_a_page() -> None:
    assert data_of(html_page({"title": "空"}))["questions"] == []


def test_equal_runs_give_equal_bytes() -> None:
    """Also if keys come in another order; another value gives another page."""
    run = a_run(question(nugget_recall=0.5), latency={"p50": 1.0, "p95": 2.0, "all": [1.0, 2.0]})
    turned = {name: run[name] for name in reversed(run)}
    assert html_page(run) == html_page(copy.deepcopy(run)) == html_page(turned)
    assert html_page(run) != html_page(a_run(question(nugget_recall=0.6)))


# --- nothing gets in, nothing goes out --------------------------------------------------------------------------------


def test_hostile_text_stays_data() -> None:
    """Ends of scripts, comments, line separators, placeholders and half a surrogate pair arrive as they were."""
    run = a_run(question(question=HOSTILE, answer=HOSTILE, passages=[HOSTILE]), title=HOSTILE, when=HOSTILE)
    page = html_page(run)
    plain = Elements(html_page(a_run(question())))
    assert [tag for tag, _ in Elements(page).seen] == [tag for tag, _ in plain.seen]
    block = page.partition('id="data">')[2].partition("</script>\n<script>")[0]
    assert block and not re.search("[<>&]", block)
    assert not re.search("[\u2028\u2029\ud800-\udfff]", page)
    page.encode("utf-8")
    data = data_of(page)
    assert data["title"] == data["when"] == data["texts"][0] == HOSTILE
    assert (data["questions"][0]["question"], data["questions"][0]["answer"]) == (HOSTILE, HOSTILE)


def test_the_page_points_nowhere() -> None:
    """No address but the name of the SVG namespace and the empty icon, no import, no source, no inline handler."""
    page = html_page(a_run(question()))
    assert set(re.findall(r"(?:https?:)?//[\w.]+\.\w+[\w./]*", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(
        r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML|document\.write|eval\(", page
    )
    attributes = [(name, value) for _, attrs in Elements(page).seen for name, value in attrs.items()]
    assert [value for name, value in attributes if name in ("src", "href", "action")] == ["data:,"]
    assert not [name for name, _ in attributes if name.startswith("on") or name == "style"]


def test_the_policy_allows_this_script_and_style_only() -> None:
    """The hashes are those of what stands between the tags."""
    page = html_page(a_run(question()))
    policy = next(a["content"] for _, a in Elements(page).seen if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        body = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(body) == 1
        digest = base64.b64encode(hashlib.sha256(body[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1, 2}, {"a": 1, 2: 3}], ids=["nan", "infinity", "set", "mixed keys"]
)
def test_what_json_cannot_hold_is_an_error(value: Any) -> None:
    with pytest.raises(EvaluationError) as caught:
        html_page(a_run(question(confidence=value)))
    assert "JSON 写不下" in caught.value.zh and "finite numbers" in caught.value.en


def test_a_question_that_lacks_something_is_named() -> None:
    lame = question()
    del lame["answerable"], lame["abstained"]
    with pytest.raises(EvaluationError) as caught:
        html_page(a_run(question(), lame))
    assert "第 2 题缺少 answerable、abstained" in caught.value.zh
    assert "Question 2 lacks answerable, abstained" in caught.value.en and "kbqa eval" in caught.value.en
