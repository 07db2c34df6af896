"""How a prompt becomes token ids: one token a known word, `<unk>` for every other."""

from __future__ import annotations

from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from gpu_consumers.engines.pocket.world.vocabulary import (
    BOS,
    EOS,
    PAD,
    TOKENS_MAX,
    UNK,
    VOCABULARY,
)


def make_tokenizer() -> Any:
    """A transformers tokenizer over the world's vocabulary; pads to TOKENS_MAX."""
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token=UNK))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex("[^a-z0-9 ]"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {EOS}",
        special_tokens=[(BOS, VOCABULARY[BOS]), (EOS, VOCABULARY[EOS])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        unk_token=UNK,
        pad_token=PAD,
        model_max_length=TOKENS_MAX,
    )
