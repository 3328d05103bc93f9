"""The tokenizer: Chinese characters and digits one by one, everything else in learned pieces, over folded text.

Folding is part of the tokenizer (see `charsmap`), so a model folder gives the same tokens whoever loads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kbqa.text import fold
from kbqa.training.transformer.charsmap import fold_charsmap
from kbqa.training.transformer.config import TokenizerSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.pre_tokenizers import PreTokenizer
    from transformers import PreTrainedTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNKNOWN, START, END, MASK = range(len(SPECIAL))

_HAN = r"[\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}]"
_INSIDE = "##"  # WordPiece's mark of a piece that does not begin a word


def train_tokenizer(texts: Sequence[str], settings: TokenizerSettings) -> PreTrainedTokenizerFast:
    """Learn the pieces and wrap them for transformers.

    Args:
        texts: folded texts; the same ones give the same pieces in every process.
    """
    from transformers import PreTrainedTokenizerFast

    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(learn_pieces(texts, settings)),
        model_max_length=settings.max_tokens,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        **names,
    )


def learn_pieces(texts: Sequence[str], settings: TokenizerSettings) -> list[str]:
    """The vocabulary, special pieces first, then sorted."""
    from tokenizers import Tokenizer, models, trainers

    alphabet = frequent_characters(texts, settings.characters)
    # Characters inside a word count as given pieces. The trainer would number them in the order of a hash table, other
    # in every process, and break ties by these numbers.
    splitter = _splitter()
    inner = [_INSIDE + character for character in alphabet if len(splitter.pre_tokenize_str(f"a{character}")) == 1]
    trainer = trainers.WordPieceTrainer(
        vocab_size=settings.pieces, special_tokens=[*SPECIAL, *inner], initial_alphabet=alphabet,
        limit_alphabet=len(alphabet), continuing_subword_prefix=_INSIDE, show_progress=False,
    )  # fmt: skip
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL[UNKNOWN]))
    tokenizer.pre_tokenizer = splitter
    tokenizer.train_from_iterator(texts, trainer)
    return [*SPECIAL, *sorted(set(tokenizer.get_vocab()) - set(SPECIAL))]


def frequent_characters(texts: Iterable[str], number: int) -> list[str]:
    """The most frequent characters that are no white space, sorted; ASCII letters and digits are always among them."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    always = [chr(code) for code in range(0x21, 0x7F) if fold(chr(code)) == chr(code)]
    ranked = sorted((c for c in counts if not c.isspace() and c not in always), key=lambda c: (-counts[c], c))
    return sorted([*always, *ranked[: max(0, number - len(always))]])


def _splitter() -> PreTokenizer:
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(_HAN), "isolated"),
            pre_tokenizers.Punctuation("isolated"),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )


def build_tokenizer(pieces: Sequence[str]) -> Tokenizer:
    """A tokenizer over these pieces that folds its input and frames it as BERT expects."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors

    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=SPECIAL[UNKNOWN], continuing_subword_prefix=_INSIDE))
    tokenizer.normalizer = normalizers.Precompiled(fold_charsmap())
    tokenizer.pre_tokenizer = _splitter()
    tokenizer.decoder = decoders.WordPiece(_INSIDE)
    start, end = SPECIAL[START], SPECIAL[END]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", pair=f"{start} $A {end} $B:1 {end}:1", special_tokens=[(start, START), (end, END)]
    )
    return tokenizer


def unknown_share(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> float:
    """Share of the tokens of `texts` that no piece stands for; 0 without tokens."""
    encodings = tokenizer.backend_tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    ids = [i for encoding in encodings for i in encoding.ids]
    return ids.count(UNKNOWN) / max(1, len(ids))
