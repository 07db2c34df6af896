"""Which transport runs: the only place that knows."""

from processes.settings import Settings
from topics.embedded import EmbeddedTransport
from topics.transport import Transport


def open_transport(settings: Settings) -> Transport:
    """Kafka where a bootstrap address is set, else rows in PostgreSQL. The caller closes it."""
    if settings.kafka_bootstrap is None:
        return EmbeddedTransport(settings.require_database_url(), lease_s=settings.lease_s)
    # Imported here: the client takes half a second, and most installations have no broker.
    from topics.kafka import KafkaTransport
    from topics.kafka_settings import KafkaSettings

    password = settings.kafka_sasl_password
    return KafkaTransport(
        KafkaSettings(
            bootstrap=settings.kafka_bootstrap,
            security_protocol=settings.kafka_security_protocol,
            ssl_ca_file=str(settings.kafka_ssl_cafile) if settings.kafka_ssl_cafile else None,
            sasl_mechanism=settings.kafka_sasl_mechanism,
            sasl_username=settings.kafka_sasl_username,
            sasl_password=password.get_secret_value() if password else None,
            replication=settings.kafka_replication_factor,
            lease_s=settings.lease_s,
        )
    )
