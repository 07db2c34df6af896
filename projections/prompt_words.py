"""Which words the prompts of an owner are made of, and which jobs asked for each.

A search looks through words instead of items: there are far fewer of them, and a word that few jobs
asked for leads to their items at once.
"""

import hashlib
from uuid import UUID

from domain.job import Job
from domain.kernel.personal_text import PersonalText
from domain.kernel.search_text import folded
from projections.read_model import Change, ReadModel
from projections.rows import Rows
from projections.tables import PROMPT_WORD_JOBS, PROMPT_WORDS
from topics.messages.fact import Fact

prompt_words = ReadModel("prompt-words")


@prompt_words.on(Job.Requested)
def _requested(event: Job.Requested, fact: Fact) -> list[Change]:
    if not isinstance(event.prompt, PersonalText):
        return []
    words = sorted(set(folded(event.prompt.value).split()))

    def note(rows: Rows) -> None:
        for word in words:
            found_by = {"owner_id": fact.owner_id, "word_id": _id_of(word)}
            rows.count(PROMPT_WORDS, {**found_by, "word": word}, 1)
            rows.add(PROMPT_WORD_JOBS, {**found_by, "job_id": event.originator_id})

    return [Change(note)]


def _id_of(word: str) -> UUID:
    """A key of one size for words of any. The migration of before makes the same."""
    return UUID(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest())
