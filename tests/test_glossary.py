"""The glossary: merging what people wrote with what the notes say, and storing it."""

from __future__ import annotations

import json
from dataclasses import replace

from kbqa.terms.glossary import Glossary, Paraphrase, lexicon, merge, names_of
from kbqa.text import fold
from kbqa.types import Term

DAU = Term("日活跃用户数", ("日活",), ("DAU",), origin="lexicon")


def test_names_come_with_the_name_first() -> None:
    assert names_of(Term("甲", ("乙", "丙"), ("a",))) == ("甲", "乙", "丙", "a")
    assert names_of(Term("甲")) == ("甲",)


# --- storing ----------------------------------------------------------------------------------------------------------


def test_json_round_trip() -> None:
    glossary = Glossary(
        (replace(DAU, definition=("a/b.md", 3, 9)), Term("裂变")),
        (Paraphrase(("拉人头",), ("裂变", "老带新")),),
    )
    again = Glossary.from_json(glossary.to_json())
    assert again == glossary
    assert again.terms[0].definition == ("a/b.md", 3, 9), "a tuple, so that terms stay hashable"
    assert {hash(term) for term in again.terms} == {hash(term) for term in glossary.terms}
    assert Glossary.from_json(Glossary().to_json()) == Glossary()


def test_the_lexicon_survives_the_round_trip() -> None:
    assert Glossary.from_json(lexicon().to_json()) == lexicon()


def test_json_keeps_chinese_readable() -> None:
    stored = Glossary((DAU,)).to_json()
    assert "日活跃用户数" in stored
    assert json.loads(stored)["terms"][0]["english"] == ["DAU"]


def test_the_digest_changes_with_anything_that_matters() -> None:
    rule = Paraphrase(("拉人头",), ("裂变",))
    digests = [
        g.digest
        for g in (
            Glossary(),
            Glossary((DAU,)),
            Glossary((replace(DAU, aliases=()),)),
            Glossary((replace(DAU, english=("dau",)),)),
            Glossary((DAU, Term("裂变"))),
            Glossary((Term("裂变"), DAU)),
            Glossary((DAU,), (rule,)),
            Glossary((DAU,), (replace(rule, means=("老带新",)),)),
        )
    ]
    assert len(set(digests)) == len(digests)
    assert Glossary((DAU,)).digest == Glossary((replace(DAU),)).digest
    assert all(len(d) == 64 and set(d) <= set("0123456789abcdef") for d in digests)


def test_lexicon_terms_say_where_they_come_from() -> None:
    assert {term.origin for term in lexicon().terms} == {"lexicon"}
    assert all(rule.say and rule.means for rule in lexicon().paraphrases)
    assert lexicon() is lexicon()


# --- merging ----------------------------------------------------------------------------------------------------------


def test_what_the_notes_add_joins_the_term_that_people_wrote() -> None:
    mined = Term("dau", ("每日活跃用户", "日活"), definition=("a.md", 0, 9), origin="definition")
    assert merge((DAU,), (mined,)) == (
        Term("日活跃用户数", ("日活", "每日活跃用户"), ("DAU",), ("a.md", 0, 9), origin="definition"),
    )


def test_names_are_compared_folded() -> None:
    (merged,) = merge((Term("用户运营"),), (Term("用戶運營", (), ("User Ops",)),))
    assert merged == Term("用户运营", (), ("User Ops",))


def test_the_first_definition_stays() -> None:
    base = replace(DAU, definition=("first.md", 1, 2))
    (merged,) = merge((base,), (Term("DAU", definition=("second.md", 3, 4)),))
    assert merged.definition == ("first.md", 1, 2)


def test_new_terms_are_added_in_order_and_joined_among_themselves() -> None:
    mined = (Term("裂变", (), ("fission",)), Term("召回"), Term("Fission", ("裂变传播",)))
    assert merge((DAU,), mined) == (DAU, Term("裂变", ("裂变传播",), ("fission",)), Term("召回"))


def test_an_abbreviation_of_two_things_does_not_make_them_one() -> None:
    """JD is a shop and a job description: two Chinese names without a common character stay apart."""
    shop, job = Term("京东", (), ("JD",)), Term("岗位职责", ("JD",))
    assert merge((shop,), (job,)) == (shop, job)


def test_a_term_that_touches_two_joins_the_first_only() -> None:
    first, second = Term("日活", (), ("DAU",)), Term("月活", (), ("MAU",))
    mined = Term("日活人数", ("日活", "月活"))
    assert merge((first, second), (mined,)) == (replace(first, aliases=("日活人数",)), second)


def test_merging_nothing_changes_nothing() -> None:
    assert merge((), ()) == ()
    assert merge((DAU,), ()) == (DAU,)
    assert merge((DAU,), (DAU,)) == (DAU,)
    assert merge((), (DAU,)) == (DAU,)


def test_merging_never_gives_one_name_to_two_terms_of_the_notes() -> None:
    base = lexicon().terms
    before = {fold(n) for t in base for n in names_of(t)}
    mined = [Term(f"新词{i}", (f"别名{i}", f"别名{i + 1}")) for i in range(20)]
    merged = merge(base, mined)
    assert merged[: len(base)] == base
    assert len(merged) == len(base) + 1, "each shares a name with the one before"
    owners = [fold(n) for t in merged for n in names_of(t) if fold(n) not in before]
    assert len(owners) == len(set(owners))
