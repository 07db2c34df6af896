"""The one function that can release an output. Whatever it is not told, it denies."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.asset import Asset, RefusalReason, Why
from domain.checks import Check, CheckVerdict, storable
from domain.consent_scopes import scopes_needed
from domain.consent_text import ConsentScope
from domain.engines import ENGINES
from domain.job_kinds import AnyKind, kind_of
from domain.kernel.personal_text import FreeText
from domain.policy import PolicyRow
from domain.rating import Rating
from domain.rendition import Rendition
from domain.settings import JobSettings
from domain.twin import Twin

RELEASE = "release"
"""Stands for the release itself where no single check is to blame."""


def release(
    id: UUID,
    *,
    owner_id: UUID,
    job_id: UUID,
    item: int,
    settings: JobSettings,
    engine: str,
    rating: Rating,
    seed: int,
    twin_id: UUID | None,
    twin: Twin | None,
    epoch: int | None,
    scopes: Mapping[ConsentScope, int],
    row: PolicyRow | None,
    policy_version: int,
    checks: Sequence[CheckVerdict],
    renditions: Sequence[Rendition],
    at: datetime,
    likeness: Sequence[float] = (),
    placeholder: FreeText | None = None,
) -> Asset:
    """Release an output if nothing speaks against it, or else refuse it with every reason there is.

    `settings` are the job's and say what kind it is: every file that the kind names has to be among
    `renditions`, which the screener wrote and verified, and the master as large as was asked for.
    `twin_id`, `epoch` and `scopes` are the job's, `twin` is that twin as it is now; for a job
    without one `scopes` count for nothing and the others are None. `row` is the policy row in force
    for (engine, rating, screening), or None. The caller names the twin in its save, so that consent
    is still in force when the save is made.
    """
    kind, files = kind_of(settings), tuple(renditions)
    needed = scopes_needed(kind.kind, rating)
    reasons = [
        *_policy_reasons(row, kind, engine, rating),
        *_consent_reasons(twin_id, twin, epoch, owner_id, scopes, needed),
        *_check_reasons(row, twin_id, checks),
        *_file_reasons(kind, engine, settings, files),
    ]
    if reasons:
        return Asset.refuse(
            id,
            owner_id=owner_id,
            job_id=job_id,
            item=item,
            twin_id=twin_id,
            kind=kind.asset_kind,
            reasons=tuple(reasons),
            at=at,
        )
    return Asset._create(
        Asset.Released,
        id=id,
        timestamp=at,
        owner_id=owner_id,
        job_id=job_id,
        item=item,
        twin_id=twin_id,
        kind=kind.asset_kind,
        engine=engine,
        rating=rating,
        renditions=files,
        seed=seed,
        checks=tuple(storable(check) for check in checks),
        policy_version=policy_version,
        epoch=epoch,
        likeness=tuple(likeness),
        scopes={} if twin is None else dict(scopes),
        placeholder=placeholder,
    )


def refusals_of_checks(
    required: Sequence[str], checks: Sequence[CheckVerdict], *, hash_list_age_max_s: int
) -> list[RefusalReason]:
    """What speaks against an output, check by check; empty where every one has passed.

    A check that nobody required may stay away, but where it was made it has to pass as well.
    """
    reasons = [
        _reason(name, [c for c in checks if c.check == name], hash_list_age_max_s)
        for name in dict.fromkeys([*required, *(check.check for check in checks)])
    ]
    return [reason for reason in reasons if reason is not None]


def _reason(
    name: str, verdicts: list[CheckVerdict], hash_list_age_max_s: int
) -> RefusalReason | None:
    if not verdicts:
        return RefusalReason(name, Why.MISSING)
    if len(verdicts) > 1:
        return RefusalReason(name, Why.REPEATED)
    [verdict] = verdicts
    if verdict.score is not None and not math.isfinite(verdict.score):
        return RefusalReason(name, Why.SCORE_NOT_A_NUMBER)
    if verdict.passed is None:
        return RefusalReason(name, Why.NOT_MADE)
    if verdict.passed is not True:
        return RefusalReason(name, Why.FAILED)
    if name == Check.KNOWN_HASH and not _is_fresh(verdict.score, hash_list_age_max_s):
        return RefusalReason(name, Why.LIST_TOO_OLD)
    return None


def _is_fresh(age_s: float | None, age_max_s: int) -> bool:
    return age_s is not None and 0 <= age_s <= age_max_s


def _check_reasons(
    row: PolicyRow | None, twin_id: UUID | None, checks: Sequence[CheckVerdict]
) -> list[RefusalReason]:
    if row is None:
        return []
    return refusals_of_checks(
        row.checks_for(twin_id), checks, hash_list_age_max_s=row.hash_list_age_max_s
    )


def _policy_reasons(
    row: PolicyRow | None, kind: AnyKind, engine: str, rating: Rating
) -> list[RefusalReason]:
    if row is not None and row.governs(engine, rating, kind.screening):
        return []
    return [RefusalReason(RELEASE, Why.NO_POLICY)]


def _consent_reasons(
    twin_id: UUID | None,
    twin: Twin | None,
    epoch: int | None,
    owner_id: UUID,
    scopes: Mapping[ConsentScope, int],
    needed: Sequence[ConsentScope],
) -> list[RefusalReason]:
    if twin_id is None and twin is None and epoch is None:
        return []
    its_own = twin is not None and twin.id == twin_id and twin.owner_id == owner_id
    rests = scopes.keys() >= set(needed)
    if twin is not None and its_own and rests and twin.covers(epoch, scopes):
        return []
    return [RefusalReason(RELEASE, Why.EPOCH_NOT_CURRENT)]


def _file_reasons(
    kind: AnyKind, engine: str, settings: JobSettings, files: tuple[Rendition, ...]
) -> list[RefusalReason]:
    entry = ENGINES.get(engine)
    if entry is not None and kind.is_whole(entry, settings, files):
        return []
    return [RefusalReason(RELEASE, Why.NO_SIGNED_COPY)]
