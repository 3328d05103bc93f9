"""Short, kind words for what is no question to the notes."""

from __future__ import annotations

from kbqa.retrieval.question import Question
from kbqa.retrieval.smalltalk import Talk
from kbqa.types import Answer, Sentence

_ZH: dict[Talk, str] = {
    "greeting": "你好！我只根据团队的笔记回答运营方面的问题，每句都给出处。可以这样问：",
    "thanks": "不客气！还想查什么，接着问就好，比如：",
    "about me": "我是查笔记的小工具，没有自己的看法，只摘笔记里的原话回答。可以这样问：",
    "rules": "我只做一件事：从笔记里找原话来回答，规则改不了。可以这样问：",
    "errand": "这个我不会，我只从团队的笔记里找答案。可以这样问：",
}
_EN: dict[Talk, str] = {
    "greeting": "Hello! I answer questions on operations from the team's notes, each sentence with its source. Try:",
    "thanks": "You are welcome! Ask on, for example:",
    "about me": "I look things up in the notes and quote them; I have no views of my own. Try:",
    "rules": "I do one thing: answer with quotes from the notes. That rule cannot be changed. Try:",
    "errand": "I cannot do that; I only find answers in the team's notes. Try:",
}


def reply(question: Question, kind: Talk, examples: tuple[str, ...]) -> Answer:
    """A refusal that says what can be asked; `choices` are questions that the notes answer."""
    sentences = (Sentence((_EN if question.english else _ZH)[kind]),)
    return Answer(
        question.raw, question.text, question.kind, sentences, (), 0.0, True, (), notices=question.notices, choices=examples,
    )  # fmt: skip
