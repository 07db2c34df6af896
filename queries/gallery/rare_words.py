"""Which jobs asked for a word that is looked for, where they are few."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from queries.viewer import View

RARE_JOBS_MAX = 300
"""What more jobs than this asked for is found sooner by looking through the items: a page of it is
near, whatever the size of the gallery."""

WORDS_LOOKED_UP_MAX = 3
"""The longest are the rarest. Each that is looked up reads all different words of an owner."""


class _Job(msgspec.Struct, frozen=True):
    job_id: UUID


def jobs_of_a_rare_word(view: View, words: Sequence[str]) -> tuple[UUID, ...] | None:
    """All jobs with one of these words in their prompts, or None where each is in too many.

    `words`: folded, without blanks; each is any part of a word in a prompt.
    """
    for word in sorted(words, key=len, reverse=True)[:WORDS_LOOKED_UP_MAX]:
        found = view.many(
            _Job,
            """
            SELECT j.job_id
              FROM (SELECT word_id FROM views.prompt_words
                     WHERE owner_id = %(viewer)s AND word LIKE %(word)s OFFSET 0) AS w
             CROSS JOIN LATERAL (
                   SELECT job_id FROM views.prompt_word_jobs
                    WHERE owner_id = %(viewer)s AND word_id = w.word_id LIMIT %(limit)s) AS j
             LIMIT %(limit)s
            """,
            {"viewer": view.viewer_id, "word": containing(word), "limit": RARE_JOBS_MAX + 1},
        )
        if len(found) <= RARE_JOBS_MAX:
            return tuple({job.job_id for job in found})
    return None


def containing(word: str) -> str:
    """What LIKE finds `word` with, whatever is around it. Its wildcards are escaped."""
    literally = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literally}%"
