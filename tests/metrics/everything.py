"""Every metric that any process shows, each with a sample, as the processes make them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from commands.handlers import HANDLERS
from commands.studio import Handler
from domain.refusals import NotFound
from gpu_consumers.engines.registry import LOADERS
from processes.heartbeat import Heartbeat
from processes.metrics.api import ApiMetrics
from processes.metrics.commands import CommandMetrics
from processes.metrics.main_loop import MainLoop
from processes.metrics.studio import StudioMetrics
from processes.metrics.work import WorkMetrics
from processes.survey.bounded_look import BoundedLook
from processes.survey.topic_lags import TopicLag, TopicLags, read_by
from queries.survey.lags import PROJECTOR, READERS, Lag, Lags
from queries.survey.ledger import RULES, LedgerLook
from queries.survey.open_work import STARTED, STATES, Ages, OpenWork
from queries.survey.parking import Parked
from queries.survey.survey import Survey
from tests.commands.studio_spec import ADA
from tests.topics.sample_messages import SAMPLES
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.results import JobClaimed, JobRendered
from topics.registry import GRANTS, RESULTS
from topics.transport import Delivery

SURVEY = Survey(
    lags=Lags(7, tuple(Lag(name, 1, 1.0) for name in (*READERS, PROJECTOR))),
    work=OpenWork(
        jobs=dict.fromkeys((*STATES.values(), STARTED), Ages()),
        intents_due=Ages(),
        claims=0,
        claims_overdue=0,
        intents_leased=0,
    ),
    parked=tuple(Parked(kind, 0, 0.0) for kind in ("message", "intent", "owner")),
    ledger=LedgerLook(0, 0, 0, dict.fromkeys(RULES, 0)),
)
TOPICS = TopicLags(tuple(TopicLag(group, topic.name, 0) for group, topic in read_by()), 0)


def everything(folder: Path) -> list[Metric]:
    """Every metric with samples. Commands, messages and refusals have passed, Ada's among them."""
    registry = CollectorRegistry()
    MainLoop(registry, "relay", Heartbeat(folder / "relay"))
    ApiMetrics(registry, feeds_open=lambda: 1).refused(NotFound.code)
    _commands(CommandMetrics(registry))
    _work(WorkMetrics(registry, loads=LOADERS, engines=LOADERS))
    looks = BoundedLook(lambda: SURVEY, wait_max_s=30.0), BoundedLook(lambda: TOPICS, wait_max_s=30)
    registry.register(StudioMetrics(*looks))
    return list(registry.collect())


def stored_names() -> Iterator[str]:
    """Of every command."""
    return (one.name for one in HANDLERS.values() if isinstance(one, Handler))


def _commands(metrics: CommandMetrics) -> None:
    for name in stored_names():
        with (
            suppress(NotFound),
            metrics.command(name, ADA, owner_id=ADA, key=ADA),
        ):
            raise NotFound()


def _work(metrics: WorkMetrics) -> None:
    claimed, granted = SAMPLES["job.claimed"], SAMPLES["job.granted.image"]
    rendered = SAMPLES["job.rendered"]
    assert isinstance(claimed, JobClaimed)
    assert isinstance(granted, JobGranted)
    assert isinstance(rendered, JobRendered)
    for claim_id, answer in (
        (granted.claim_id, granted),
        (ADA, ClaimRefused("gpu-1", uuid4(), 1, ADA, ClaimRefusal.JOB_ENDED)),
    ):
        metrics.said(RESULTS, JobClaimed(claimed.job, 1, claim_id, "gpu-1", claimed.kind))
        metrics.heard(Delivery(GRANTS.name, 0, 0, "", answer))
    metrics.said(RESULTS, JobRendered(rendered.job, 1, granted.claim_id, rendered.outputs))
