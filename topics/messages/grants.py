"""`suite.grants.v1`: the answer to a claim. Keyed by worker, kept ten minutes."""

from enum import StrEnum
from uuid import UUID

import msgspec

from topics.messages.bounds import Attempt, Epoch, MemberName, UnixSeconds
from topics.messages.work import Work


class ClaimRefusal(StrEnum):
    """Why a claim was refused. The worker drops the message and takes the next one."""

    STALE_ATTEMPT = "stale-attempt"
    CLAIMED_BY_ANOTHER = "claimed-by-another"
    JOB_ENDED = "job-ended"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    UNKNOWN_JOB = "unknown-job"


class JobGranted(msgspec.Struct, frozen=True, tag="job.granted"):
    """The claim holds until `deadline_s` (Unix seconds). A repeated claim gets the same grant.

    `epoch` is that of the consent it rests on, absent without a twin and from a release before.
    """

    worker: MemberName
    job: UUID
    attempt: Attempt
    claim_id: UUID
    owner: UUID
    deadline_s: UnixSeconds
    work: Work
    epoch: Epoch | msgspec.UnsetType = msgspec.UNSET


class ClaimRefused(msgspec.Struct, frozen=True, tag="claim.refused"):
    """The claim does not hold."""

    worker: MemberName
    job: UUID
    attempt: Attempt
    claim_id: UUID
    reason: ClaimRefusal
