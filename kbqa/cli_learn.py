"""`kbqa learn`: the learning path, quiz items, and how far the learners of the web app are."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbqa.cli_options import DEFAULT_INDEX, IndexOption, JsonOption
from kbqa.terminal import new_console, print_json

if TYPE_CHECKING:
    from kbqa.onboarding.cohort import Cohort
    from kbqa.onboarding.path import LearningPath

app = typer.Typer(no_args_is_help=True, help="新人入门：学习路线、小测、进度。The learning path, quiz, progress.")


@app.command()
def path(index: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """笔记排成的学习路线。The notes in the order in which to read them, with times and terms."""
    from kbqa.knowledge import KnowledgeBase
    from kbqa.onboarding.path import learning_path

    made = learning_path(KnowledgeBase.open(index))
    if as_json:
        stages = [{"minutes": stage.minutes, **asdict(stage)} for stage in made.stages]
        print_json({"minutes": made.minutes, "stages": stages, "rings": made.rings})
    else:
        _render_path(made)


def _render_path(made: LearningPath) -> None:
    console = new_console()
    for stage in made.stages:
        console.print(f"{stage.name}  {stage.minutes} min", style="bold", markup=False)
        for step in stage.steps:
            first = "、".join(need.term for need in step.needs if need.primer)
            primers = f"（先认识 first meet：{first}）" if first else ""
            line = f"{step.number:>4}. {step.title}  {step.minutes} min · {len(step.terms)} 个术语 terms{primers}"
            console.print(line, soft_wrap=True, markup=False)
    for ring in made.rings:
        console.print(f"互为先修 need one another：{' → '.join(ring)}", soft_wrap=True, markup=False)
    console.print(f"{len(made.steps)} 步 steps · {made.minutes / 60:.1f} 小时 hours", markup=False)


@app.command()
def quiz(
    term: Annotated[list[str] | None, typer.Argument(help="只要这些术语的题 Only about these terms")] = None,
    index: IndexOption = DEFAULT_INDEX,
    as_json: JsonOption = False,
) -> None:
    """从笔记出的小测题，带答案和出处。Quiz items made from the notes, with answer and source."""
    from kbqa.errors import UnknownTerm
    from kbqa.knowledge import KnowledgeBase
    from kbqa.onboarding.quiz import quiz_items

    kb = KnowledgeBase.open(index)
    names = []
    for name in term or ():
        if not (known := kb.named(name)):
            raise UnknownTerm(name, [hit.term.name for hit in kb.find_terms(name, 3)])
        names += [one.name for one in known]
    items = quiz_items(kb, names if term else None)
    if as_json:
        print_json([asdict(item) for item in items])
        return
    console = new_console()
    for item in items:
        console.print(f"[{item.kind}] {item.stem}", soft_wrap=True, markup=False)
        for i, option in enumerate(item.options):
            console.print(f"  {'✓' if i == item.right else ' '} {'ABCDEF'[i]}. {option}", soft_wrap=True, markup=False)
        console.print(f"    {item.citation.doc_id}:{item.citation.line}", soft_wrap=True, markup=False)
    console.print(f"{len(items)} 题 items", markup=False)


@app.command()
def progress(index: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """学习的人各到哪一步、哪些题最常答错。Where everybody is, and the questions most often wrong."""
    from kbqa.knowledge import KnowledgeBase
    from kbqa.onboarding.cohort import cohort
    from kbqa.onboarding.course import Course
    from kbqa.onboarding.progress import FILE, Progress

    kb = KnowledgeBase.open(index)
    course = Course(kb)
    record = Progress(kb.path / "state" / FILE)
    people = cohort(record.everyone(), course, record.now())
    if as_json:
        print_json(_cohort_json(people, len(course.path.steps)))
    else:
        _render_cohort(people, len(course.path.steps))


def _cohort_json(people: Cohort, steps: int) -> dict[str, Any]:
    learners = [
        {
            "name": who.name, "joined": who.joined.isoformat(), "seen": who.seen.isoformat(), "done": who.done,
            "next": who.at.doc_id if who.at else None, "answers": who.answers, "right": who.right, "due": who.due,
        }
        for who in people.learners
    ]  # fmt: skip
    hardest = [
        {"item_id": hard.item.item_id, "stem": hard.item.stem, "answers": hard.answers, "wrong": hard.wrong}
        for hard in people.hardest
    ]
    return {"steps": steps, "learners": learners, "hardest": hardest}


def _render_cohort(people: Cohort, steps: int) -> None:
    console = new_console()
    for who in people.learners:
        at = f"下一步 next：{who.at.title}" if who.at else "全部学完 all done"
        facts = f"答对 right {who.right}/{who.answers} · 今天待复习 due {who.due} · {who.seen:%Y-%m-%d %H:%M}"
        console.print(f"{who.name}  {who.done}/{steps} · {at} · {facts}", soft_wrap=True, markup=False)
    for hard in people.hardest:
        console.print(f"  错 wrong {hard.wrong}/{hard.answers}  {hard.item.stem}", soft_wrap=True, markup=False)
    console.print(f"{len(people.learners)} 人 learners", markup=False)
