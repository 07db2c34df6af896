"""How the studio gets into a Kafka cluster, and that its passwords stay out of sight."""

from topics.kafka_settings import KafkaSettings

SETTINGS = KafkaSettings(
    bootstrap="kafka-1:9093,kafka-2:9093",
    security_protocol="SASL_SSL",
    ssl_ca_file="/etc/suite/ca.pem",
    ssl_key_password="lantern",
    sasl_mechanism="SCRAM-SHA-512",
    sasl_username="relay",
    sasl_password="fog-horn",
)


def test_every_broker_and_every_credential_reaches_the_client() -> None:
    client = SETTINGS.client()
    assert client["bootstrap_servers"] == ["kafka-1:9093", "kafka-2:9093"]
    assert client["security_protocol"] == "SASL_SSL"
    assert client["ssl_cafile"] == "/etc/suite/ca.pem"
    assert (client["sasl_plain_username"], client["sasl_plain_password"]) == ("relay", "fog-horn")


def test_no_password_is_shown() -> None:
    assert "lantern" not in repr(SETTINGS)
    assert "fog-horn" not in repr(SETTINGS)


def test_plain_text_is_what_one_gets_without_saying_anything() -> None:
    assert KafkaSettings("localhost:9092").client()["security_protocol"] == "PLAINTEXT"
