"""Which transport runs: the only place that knows."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from processes.observed_transport import MessageObserver, ObservedTransport
from processes.settings import Settings
from topics.embedded import EmbeddedTransport
from topics.kafka_settings import KafkaSettings
from topics.transport import Transport


def open_transport(settings: Settings, observers: Sequence[MessageObserver] = ()) -> Transport:
    """Kafka where a bootstrap address is set, else rows in PostgreSQL. The caller closes it.

    `observers` see every message pass.
    """
    transport = _transport(settings)
    return ObservedTransport(transport, observers) if observers else transport


def _transport(settings: Settings) -> Transport:
    if settings.kafka_bootstrap is None:
        return EmbeddedTransport(settings.require_database_url(), lease_s=settings.lease_s)
    # Imported here: the client takes half a second, and most installations have no broker.
    from topics.kafka import KafkaTransport

    return KafkaTransport(kafka_settings(settings, settings.kafka_bootstrap))


def kafka_settings(settings: Settings, bootstrap: str) -> KafkaSettings:
    """How to reach Kafka at `bootstrap`, as the settings say."""
    return KafkaSettings(
        bootstrap=bootstrap,
        security_protocol=settings.kafka_security_protocol,
        ssl_ca_file=_text(settings.kafka_ssl_cafile),
        ssl_certificate_file=_text(settings.kafka_ssl_certfile),
        ssl_key_file=_text(settings.kafka_ssl_keyfile),
        ssl_key_password=_text(settings.kafka_ssl_key_password),
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=_text(settings.kafka_sasl_password),
        replication=settings.kafka_replication_factor,
        lease_s=settings.lease_s,
    )


def _text(value: Path | SecretStr | None) -> str | None:
    if value is None:
        return None
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
