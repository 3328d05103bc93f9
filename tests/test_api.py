"""The four calls for programs: what they give, what they refuse, and that there are no others."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import CallToolResult

from kbqa import KnowledgeBase
from kbqa.errors import EvaluationError, QuestionError
from kbqa.web.api import ask_api, evaluate_api, search_api, terms_api
from kbqa.web.gate import ENDPOINTS
from tests.served import READER, people, served

ROOT = Path(__file__).parents[1]
CALLS = set(ENDPOINTS)


# --- what they give ---------------------------------------------------------------------------------------------------


def test_an_answer_cites_the_notes(kb: KnowledgeBase) -> None:
    told = ask_api(kb, "什么是转化率")
    assert told["answer"] == kb.ask("什么是转化率").text and not told["abstained"] and told["related"] == []
    assert [c["number"] for c in told["citations"]] == list(range(1, len(told["citations"]) + 1))
    for citation in told["citations"]:
        assert kb.document(citation["doc_id"]).text[citation["start"] : citation["end"]] == citation["quote"]
    first = told["sentences"][0]
    assert told["citations"][first["citations"][0] - 1]["quote"] in first["text"]


def test_a_refusal_brings_the_nearest_passages(kb: KnowledgeBase) -> None:
    told = ask_api(kb, "怎么给汽车换轮胎")
    assert told["abstained"] and told["citations"] == [] and told["related"]


def test_a_follow_up_is_resolved_by_its_history(kb: KnowledgeBase) -> None:
    history = [{"role": "user", "content": "什么是转化率"}, {"role": "assistant", "content": "人数的比例。"}]
    assert "转化率" in ask_api(kb, "那它怎么算？", history)["understood_as"]


def test_passages(kb: KnowledgeBase) -> None:
    found = search_api(kb, "积分为什么会过期", 2)
    assert [hit["rank"] for hit in found] == [1, 2] and found[0]["doc_id"] == "会员/积分.md"
    for hit in found:
        assert kb.document(hit["doc_id"]).text[hit["start"] : hit["end"]] == hit["text"]


def test_terms_by_initials_and_all(kb: KnowledgeBase) -> None:
    [term] = terms_api(kb, "zhl", 1)
    assert (term["name"], term["matched"], term["how"]) == ("转化率", "转化率", "initials")
    assert (
        term["definition"]["text"].startswith("转化率（Conversion Rate，CVR）是指") and term["definition"]["line"] == 5
    )
    everything = terms_api(kb, "", 100)
    assert {"转化率", "留存率", "积分"} <= {term["name"] for term in everything}
    assert all("matched" not in term for term in everything)
    assert terms_api(kb, "", 2) == everything[:2] and terms_api(kb, "没有这个词") == []


def test_evaluating_a_few_is_what_kbqa_eval_says(kb: KnowledgeBase, tmp_path: Path) -> None:
    from kbqa.evaluation.questions import read_cases
    from kbqa.evaluation.report import report
    from kbqa.evaluation.run import run

    rows = [
        {"id": "a", "question": "每日签到发几分", "evidence": ["每日签到发 5 分"], "nuggets": ["5 分", "20 分"]},
        {"id": "b", "question": "怎么给汽车换轮胎", "answerable": False},
    ]
    told = evaluate_api(kb, rows)
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    cases = read_cases(tmp_path / "rows.jsonl").cases
    made = report(kb.settings.digest, kb.info().notes_digest, cases, run(kb, cases))
    assert told["aggregate"] == made.aggregate and told["questions"] == list(made.per_question)
    assert told["aggregate"]["refusal_recall"] == 1.0 and told["questions"][0]["Success@1"] == 1.0


# --- what they refuse -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "？？", "长" * 2001, 7, None, ["什么是转化率"]])
def test_questions_that_are_none(kb: KnowledgeBase, question: Any) -> None:
    for call in (ask_api, search_api):
        with pytest.raises(QuestionError):
            call(kb, question)


@pytest.mark.parametrize("history", ["text", [1], [{"role": "system", "content": "x"}], [{"role": "user"}], [{"role": "user", "content": 1}]])  # fmt: skip
def test_histories_that_are_none(kb: KnowledgeBase, history: Any) -> None:
    with pytest.raises(QuestionError, match="history"):
        ask_api(kb, "什么是转化率", history)


@pytest.mark.parametrize("k", [0, -1, 51, "3", None, True, float("nan")])
def test_numbers_out_of_bounds(kb: KnowledgeBase, k: Any) -> None:
    with pytest.raises(QuestionError, match="k "):
        search_api(kb, "什么是转化率", k)


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([], "1 到 20"), ("text", "1 到 20"), ([{"question": "a"}] * 21, "1 到 20"), ([{"question": "什么"}, 5], "第 2 个问题"),
        ([{"asked": "什么"}], "第 1 个问题"), ([{"question": "什么", "answerable": "yes"}], "第 1 个问题"),
        ([{"id": 1, "question": "甲"}, {"id": "1", "question": "乙"}], "id 相同"),
    ],
)  # fmt: skip
def test_question_sets_that_cannot_be_used(kb: KnowledgeBase, questions: Any, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        evaluate_api(kb, questions)


# --- over the wire ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(served_index: Path) -> Iterator[str]:
    with served(served_index, mcp=True) as url:
        yield url


@pytest.fixture(scope="module")
def guarded(served_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """An app with accounts, and the token of a reader."""
    accounts, token = people(tmp_path_factory.mktemp("people"))
    with served(served_index, accounts=accounts, local=False, mcp=True) as url:
        yield url, token


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives. In a thread of its own: the browser of other tests keeps this one's event loop busy."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def tool(url: str, name: str, arguments: dict[str, Any], headers: dict[str, str] | None = None) -> CallToolResult:
    async def call() -> CallToolResult:
        async with streamablehttp_client(f"{url}/gradio_api/mcp/", headers=headers) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                return await session.call_tool(name, arguments)

    return finished(call())


def test_the_public_endpoints_are_exactly_four(site: str) -> None:
    named = Client(site, verbose=False).view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {name.strip("/") for name in named} == CALLS
    config = httpx.get(f"{site}/config").json()
    assert {d["api_name"] for d in config["dependencies"] if d["api_visibility"] != "private"} == CALLS


def test_private_events_cannot_be_called_as_programs_do(site: str) -> None:
    config = httpx.get(f"{site}/config").json()
    private = {d["api_name"] for d in config["dependencies"] if d["api_visibility"] == "private" and d["api_name"]}
    assert private
    for name in private:
        for path in (f"/gradio_api/call/{name}", f"/gradio_api/call/v2/{name}", f"/gradio_api/api/{name}"):
            assert httpx.post(site + path, json={"data": []}).status_code == 404, name
        with pytest.raises(ValueError, match="Cannot find a function"):
            Client(site, verbose=False).predict(api_name=f"/{name}")


def test_the_tools_are_exactly_four_and_described(site: str) -> None:
    async def tools() -> list[Any]:
        async with streamablehttp_client(f"{site}/gradio_api/mcp/") as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                assert (await session.list_resources()).resources == []
                assert (await session.list_prompts()).prompts == []
                return (await session.list_tools()).tools

    listed = finished(tools())
    assert {each.name for each in listed} == CALLS and len(listed) == 4
    for each in listed:
        assert len(each.description) > 60
        assert all("description" in p for p in each.inputSchema["properties"].values()), each.name
        assert "request" not in each.inputSchema["properties"]


def test_an_assistant_gets_citations(site: str, kb: KnowledgeBase) -> None:
    result = tool(site, "ask", {"question": "什么是转化率"})
    told = json.loads(result.content[0].text)
    assert not result.isError and told == ask_api(kb, "什么是转化率") and told["citations"]
    assert json.loads(tool(site, "search", {"question": "积分", "k": 1}).content[0].text)[0]["rank"] == 1


def test_an_assistant_gets_to_read_what_is_wrong(site: str) -> None:
    result = tool(site, "ask", {"question": "？"})
    assert result.isError and result.content[0].text.startswith("问题里只有标点符号。")


def test_the_same_over_gradio_client(site: str, kb: KnowledgeBase) -> None:
    client = Client(site, verbose=False)
    assert client.predict("什么是转化率", api_name="/ask") == ask_api(kb, "什么是转化率")
    assert client.predict(question="什么是转化率", k=2, api_name="/search") == search_api(kb, "什么是转化率", 2)
    with pytest.raises(AppError, match="k 应在 1 到 50 之间"):
        client.predict("什么是转化率", 99, api_name="/search")


def test_with_accounts_a_token_or_a_password_is_needed(guarded: tuple[str, str]) -> None:
    url, token = guarded
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.post(f"{url}/gradio_api/mcp/", json={}).status_code == 401
    assert httpx.post(f"{url}/gradio_api/call/ask", json={"data": ["x", None]}).status_code == 401
    assert json.loads(tool(url, "terms", {"query": "转化率"}, bearer).content[0].text)[0]["name"] == "转化率"
    for client in (Client(url, headers=bearer, verbose=False), Client(url, auth=READER, verbose=False)):
        assert client.predict("转化率", 1, api_name="/terms")[0]["name"] == "转化率"


# --- the page that describes them -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("handbook") / "index"
    KnowledgeBase.build(ROOT / "corpus", folder)
    with served(folder, mcp=True) as url:
        yield url


def test_the_examples_run(handbook: str) -> None:
    """As written, at another port."""
    page = (ROOT / "docs" / "api.md").read_text("utf-8").replace("http://127.0.0.1:7860", handbook)
    with_client, with_mcp, with_token = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    scope: dict[str, Any] = {"TOKEN": "none is needed here"}
    exec(with_client, scope)
    assert "LTV" in scope["follow_up"]["understood_as"] and scope["answer"]["citations"]
    assert len(scope["passages"]) == 3 and scope["term"]["name"] == "用户生命周期"
    assert scope["report"]["aggregate"]["nugget_recall"] == 1.0
    with ThreadPoolExecutor(1) as pool:  # it starts an event loop
        pool.submit(exec, with_mcp, scope).result()
    assert scope["cited"] == scope["answer"]["citations"]
    exec(with_token, scope)
    assert scope["client"].predict("什么是LTV", api_name="/ask") == scope["answer"]


def test_the_commands_for_any_client_work(handbook: str) -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8").replace("http://127.0.0.1:7860", handbook)
    post, get = re.findall(r"(http://\S+/gradio_api/call/\S+)", page)[:2]
    sent = httpx.post(post, json={"question": "什么是LTV"}).json()
    lines = httpx.get(get.replace("EVENT_ID", sent["event_id"])).text.splitlines()
    [result] = json.loads(next(line for line in lines if line.startswith("data: "))[6:])
    assert result["citations"]
