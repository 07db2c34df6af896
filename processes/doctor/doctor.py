"""Walks through all that photographs need, in the order of `docs/engines.md`. Changes nothing."""

import importlib.util
from collections.abc import Iterator, Sequence

import psycopg
from psycopg_pool import PoolTimeout

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.engines.weights_check import WeightsUnfit, weight_files
from gpu_consumers.screening.gate_fault import GateFault
from gpu_consumers.screening.gate_models import MANIFEST
from gpu_consumers.screening.output_checks import CARTOON_WORLD_ENGINES
from gpu_consumers.screening.photograph_gates import PhotographGates
from processes.database_at_hand import database_at_hand
from processes.doctor.opened import Opened, opened, policy_lines
from processes.settings import DatabaseUnset, Settings
from processes.status.line import Line
from processes.status.status import Status

PHOTOGRAPHIC = tuple(sorted(set(LOADERS) - CARTOON_WORLD_ENGINES))
_AWAY = (DatabaseUnset, psycopg.Error, PoolTimeout, OSError)
_TORCH = "torch"


def examined(settings: Settings, engines: Sequence[str] = PHOTOGRAPHIC) -> Status:
    """Look now: at this machine's files and settings, and into the database where there is one."""
    return Status(
        (
            *_weights(settings, engines),
            *_gates(settings),
            *_identity(settings),
            *_place(settings),
            *_opened(settings, engines),
        )
    )


def _weights(settings: Settings, engines: Sequence[str]) -> Iterator[Line]:
    if importlib.util.find_spec(_TORCH) is None:
        advice = "`pip install '.[engine]'` where a worker or a screener runs"
        yield Line("engine", "torch is not installed", advice)
    else:
        yield Line("engine", "torch is installed")
    for engine in engines:
        subject = f"weights of {engine}"
        try:
            files = weight_files(LOADERS[engine], settings.engine_weights_dir)
        except WeightsUnfit as unfit:
            advice = (
                f"its diffusers folder belongs at {unfit.folder.absolute()}, on the worker's "
                "machine; the setting is SUITE_ENGINE_WEIGHTS_DIR"
            )
            yield Line(subject, unfit.why, advice)
        else:
            yield Line(subject, f"{len(files)} files, whole")


def _gates(settings: Settings) -> Iterator[Line]:
    gates = PhotographGates(settings.gates.absolute())
    faults = {fault.gate: fault for fault in gates.faults()}
    loaded = gates.at_hand()
    models = {
        "face detector": loaded.analyser.name,
        "face recogniser": loaded.analyser.name,
        "age classifier": loaded.vetoes.age_model,
        "content rater": loaded.vetoes.content_model,
    }
    if MANIFEST in faults:
        # What it would name is missing with it.
        models = {}
        yield _missing(faults[MANIFEST])
    for gate, model in models.items():
        yield _missing(faults[gate]) if gate in faults else Line(gate, model)
    for gate in ("known pictures", "listed people"):
        yield _missing(faults[gate]) if gate in faults else Line(gate, "issued within a day")


def _missing(fault: GateFault) -> Line:
    digest = "" if fault.sha256 is None else f", with the SHA-256 {fault.sha256}"
    advice = f"it belongs at {fault.path}{digest}: {fault.purpose}; see docs/engines.md"
    return Line(fault.gate, fault.trouble, advice)


def _identity(settings: Settings) -> Iterator[Line]:
    if settings.identity_provider == "sandbox":
        advice = (
            "SUITE_IDENTITY_PROVIDER=veriff and SUITE_VERIFF_CREDENTIALS: only a document proves "
            "an age"
        )
        yield Line("identity", "is the sandbox's, which checks nothing", advice)
        return
    # Imported here: an HTTP client is not needed to look at files.
    from adapters.identity.veriff_credentials import VeriffCredentialsUnreadable
    from processes.wiring.providers import IdentityUnset, veriff_credentials

    try:
        credentials = veriff_credentials(settings)
    except (IdentityUnset, VeriffCredentialsUnreadable) as error:
        advice = "a file of base_url, api_key and shared_secrets, with the rights 600"
        yield Line("identity", f"veriff: {error}", advice)
        return
    hook = f"{settings.address}/webhooks/identity"
    yield Line("identity", f"veriff at {credentials.base_url}; its webhooks belong to {hook}")


def _place(settings: Settings) -> Iterator[Line]:
    if settings.country_header is not None and settings.trusted_proxies:
        yield Line("place", f"{settings.country_header}, of the trusted proxies")
        return
    advice = "SUITE_COUNTRY_HEADER and SUITE_TRUSTED_PROXIES: what is not known is not allowed"
    yield Line("place", "nobody says where a person is", advice)


def _opened(settings: Settings, engines: Sequence[str]) -> Iterator[Line]:
    documents = settings.identity_provider != "sandbox"
    try:
        with database_at_hand(settings) as url:
            found = opened(url, documents=documents)
    except _AWAY as error:
        # Only the class: the message may name hosts and users.
        said = f"not looked at: the database is out of reach ({type(error).__name__})"
        yield Line("policy", said, "start the studio: `suite up`, or SUITE_DATABASE_URL")
        return
    yield from policy_lines(found.rows, engines)
    yield from _engines(found, engines)


def _engines(found: Opened, engines: Sequence[str]) -> Iterator[Line]:
    for engine in engines:
        lacks = found.lacks[engine]
        if lacks:
            advice = "a worker and a screener that run have to have what is said above"
            yield Line(engine, f"is closed: it lacks {', '.join(lacks)}", advice)
        else:
            yield Line(engine, "is open")
