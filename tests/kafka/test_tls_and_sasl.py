"""Kafka behind TLS: the settings let us in, and what does not fit is said without a secret."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import pytest

from processes.settings import Settings
from processes.wiring.transport import kafka_settings
from tests.contract.transport_carriers import collect
from tests.kafka.secure_broker import (
    ADA_PASSWORD,
    GRACE_PASSWORD,
    KEY_PASSWORD,
    SecureBroker,
    secure_broker,
)
from topics.kafka import KafkaTransport
from topics.kafka_access import ClusterUnreachable, Obstacle
from topics.kafka_settings import KafkaSettings
from topics.messages.results import JobAlive
from topics.registry import RESULTS, key_of
from topics.transport import From, TransportUnreachable

ROOT = Path(__file__).parents[2]
LIGHTHOUSE = UUID("00000000-0000-4000-8000-0000000000ad")
IMPATIENT_S = 1.0
"""Long enough where nobody gets in anyway."""
COMMAND_TIMEOUT_S = 120.0
WayIn: TypeAlias = Callable[[SecureBroker], dict[str, str]]
"""The variables of a process, by how it wants to get in."""

SECRETS = (ADA_PASSWORD, GRACE_PASSWORD, KEY_PASSWORD, "not-her-password")

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    with secure_broker(tmp_path_factory.mktemp("secure")) as found:
        yield found


def ada(broker: SecureBroker) -> dict[str, str]:
    """The settings of a process that gets in with Ada's password."""
    return {
        "SUITE_KAFKA_BOOTSTRAP": broker.passwords,
        "SUITE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "SUITE_KAFKA_SSL_CAFILE": str(broker.authority),
        "SUITE_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "SUITE_KAFKA_SASL_USERNAME": "ada",
        "SUITE_KAFKA_SASL_PASSWORD": ADA_PASSWORD,
    }


def grace(broker: SecureBroker) -> dict[str, str]:
    """The same for Grace, whose password the broker compares in clear text."""
    return {
        **ada(broker),
        "SUITE_KAFKA_SASL_MECHANISM": "PLAIN",
        "SUITE_KAFKA_SASL_USERNAME": "grace",
        "SUITE_KAFKA_SASL_PASSWORD": GRACE_PASSWORD,
    }


def certified(broker: SecureBroker) -> dict[str, str]:
    """The settings of a process that gets in with a certificate."""
    return {
        "SUITE_KAFKA_BOOTSTRAP": broker.certificates,
        "SUITE_KAFKA_SECURITY_PROTOCOL": "SSL",
        "SUITE_KAFKA_SSL_CAFILE": str(broker.authority),
        "SUITE_KAFKA_SSL_CERTFILE": str(broker.ada_certificate),
        "SUITE_KAFKA_SSL_KEYFILE": str(broker.ada_key),
        "SUITE_KAFKA_SSL_KEY_PASSWORD": KEY_PASSWORD,
    }


def settings_of(variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """What a process with these variables is told."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return kafka_settings(Settings(), variables["SUITE_KAFKA_BOOTSTRAP"])


def impatient(variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> KafkaTransport:
    """The transport of such a process, except that it gives up soon."""
    settings = settings_of(variables, monkeypatch)
    return KafkaTransport(replace(settings, bootstrap_timeout_s=IMPATIENT_S))


@pytest.mark.parametrize("way_in", [ada, grace, certified])
def test_what_is_published_behind_tls_is_read_behind_tls(
    broker: SecureBroker, way_in: WayIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = KafkaTransport(settings_of(way_in(broker), monkeypatch))
    kafka.create_topics()
    said = JobAlive(LIGHTHOUSE, 1, LIGHTHOUSE)
    with (
        kafka.broadcast([RESULTS], From.END) as tail,
        kafka.consumer("recorder", [RESULTS], "ada") as consumer,
        kafka.publisher("/suite/test") as publisher,
    ):
        publisher.publish(RESULTS, key_of(said), said)
        (heard,) = collect(tail.poll, 1)
        read = collect(consumer.poll, 1)
        consumer.commit({read[-1].at: read[-1].offset + 1})
    assert heard.message == said
    assert heard in read


def wrong_password(broker: SecureBroker) -> dict[str, str]:
    return {**ada(broker), "SUITE_KAFKA_SASL_PASSWORD": "not-her-password"}


def wrong_mechanism(broker: SecureBroker) -> dict[str, str]:
    return {**ada(broker), "SUITE_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}


def untrusted_authority(broker: SecureBroker) -> dict[str, str]:
    return {**ada(broker), "SUITE_KAFKA_SSL_CAFILE": str(broker.stranger)}


def plain_text_at_tls(broker: SecureBroker) -> dict[str, str]:
    return {"SUITE_KAFKA_BOOTSTRAP": broker.passwords}


def tls_at_plain_text(broker: SecureBroker) -> dict[str, str]:
    return {**ada(broker), "SUITE_KAFKA_BOOTSTRAP": broker.plain_text}


def no_certificate(broker: SecureBroker) -> dict[str, str]:
    shown = certified(broker)
    del shown["SUITE_KAFKA_SSL_CERTFILE"], shown["SUITE_KAFKA_SSL_KEYFILE"]
    return shown


def wrong_key_password(broker: SecureBroker) -> dict[str, str]:
    return {**certified(broker), "SUITE_KAFKA_SSL_KEY_PASSWORD": "not-her-password"}


def nobody_there(broker: SecureBroker) -> dict[str, str]:
    return {**ada(broker), "SUITE_KAFKA_BOOTSTRAP": "localhost:1"}


OBSTACLES: dict[WayIn, Obstacle] = {
    wrong_password: Obstacle.CREDENTIALS,
    wrong_mechanism: Obstacle.CREDENTIALS,
    untrusted_authority: Obstacle.CERTIFICATE,
    plain_text_at_tls: Obstacle.TLS,
    tls_at_plain_text: Obstacle.NO_TLS,
    no_certificate: Obstacle.NOT_LET_IN,
    wrong_key_password: Obstacle.FILES,
    nobody_there: Obstacle.NO_ANSWER,
}


@pytest.mark.parametrize("way_in", OBSTACLES, ids=lambda way_in: way_in.__name__)
def test_who_does_not_get_in_is_told_why(
    broker: SecureBroker, way_in: WayIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = impatient(way_in(broker), monkeypatch)
    with pytest.raises(ClusterUnreachable) as found:
        kafka.publisher("/suite/test")
    assert found.value.obstacle is OBSTACLES[way_in]
    assert not any(secret in str(found.value) for secret in SECRETS)


def test_every_door_of_the_transport_says_it_the_same_way(
    broker: SecureBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = impatient(plain_text_at_tls(broker), monkeypatch)
    for door in (
        lambda: kafka.consumer("recorder", [RESULTS], "ada"),
        lambda: kafka.broadcast([RESULTS], From.START),
        kafka.describe,
    ):
        with pytest.raises(TransportUnreachable, match=Obstacle.TLS):
            door()


def test_topics_are_created_behind_tls_and_refusals_are_one_sentence(broker: SecureBroker) -> None:
    # At once: each that is not let in takes its time to give up.
    running = {
        way_in: _topics_create(way_in(broker))
        for way_in in (certified, wrong_password, untrusted_authority, plain_text_at_tls)
    }
    for way_in, process in running.items():
        out, error = process.communicate(timeout=COMMAND_TIMEOUT_S)
        assert not any(secret in out + error for secret in SECRETS)
        if way_in is certified:
            assert process.returncode == 0, error
        else:
            assert process.returncode == 1
            assert "Traceback" not in error
            assert OBSTACLES[way_in] in error


def _topics_create(variables: Mapping[str, str]) -> "subprocess.Popen[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SUITE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "processes.cli", "topics", "create"],
        env={**clean, **variables},
        cwd=ROOT,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
