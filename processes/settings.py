"""Every setting of the suite, read from environment variables with the prefix `SUITE_`."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from topics.messages.bounds import NAME_LENGTH_MAX

PREFIX = "SUITE_"

CORES_PER_API = 4
"""The database, the relay and the projector of what it is asked want the others."""

PROCESS_NAMES = (
    "relay",
    "projector",
    "recorder",
    "reactor",
    "watchdog",
    "screener",
    "worker",
    "api",
)


def _listed(given: Any) -> Any:
    """The entries of a text with commas. None of an empty one: a variable may be set to nothing."""
    if not isinstance(given, str):
        return given
    return tuple(entry.strip() for entry in given.split(",") if entry.strip())


_LISTED = BeforeValidator(_listed)
_Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]


class UnknownSettings(Exception):
    """An environment variable with our prefix that no setting has: most likely misspelt."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"unknown settings: {', '.join(names)}; `suite config` lists them all")
        self.names = names


class Settings(BaseSettings):
    """Settings of one process. Without any, everything runs on embedded parts under `home`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(
        default=Path("var/suite"),
        description="Folder of the embedded parts: database, objects, secrets, samples.",
    )
    run_dir: Path | None = Field(
        default=None,
        description="Folder where processes show that they are alive; `home/run` if absent.",
    )
    secrets_dir: Path | None = Field(
        default=None,
        description="Folder of the secret files; `home/secrets`, made on first start, if absent.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 15 or newer. Absent: PostgreSQL 18 is started under `home`.",
    )
    object_store: str | None = Field(
        default=None,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?$",
        description="s3://bucket or s3://bucket/prefix. Absent: the folder `home/objects`.",
    )
    s3_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+/?$",
        description="How processes reach the S3 server. Absent: Amazon's.",
    )
    s3_public_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+/?$",
        description="How whoever follows a presigned URL reaches it; `s3_endpoint` if absent.",
    )
    s3_region: str = "us-east-1"
    s3_credentials: Path | None = Field(
        default=None,
        description="File in the format of AWS's tools with the profiles intake, screener and "
        "keeper, or those of them that this process is. Absent: wherever boto3 looks.",
    )
    identity_provider: Literal["sandbox", "veriff"] = Field(
        default="sandbox",
        description="Who checks identities. The sandbox checks nothing, for cartoons only.",
    )
    veriff_credentials: Path | None = Field(
        default=None,
        description="JSON file, readable by its owner only: base_url, api_key, shared_secrets.",
    )
    smtp_host: str | None = Field(
        default=None,
        description="Mail server that takes letters: links for forgotten passwords. Absent: the "
        "studio has no post, and `suite accounts password-link` makes a link.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the line is sealed. `none` is for a mail server on this machine.",
    )
    smtp_cafile: Path | None = Field(
        default=None,
        description="PEM: who signs the mail server's certificate. Absent: the system's.",
    )
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sender: str | None = Field(
        default=None, max_length=254, description="Address that letters come from."
    )
    kafka_bootstrap: str | None = Field(
        default=None,
        description="host:port,… of Apache Kafka. Absent: topics are rows in PostgreSQL.",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ssl_cafile: Path | None = Field(
        default=None, description="PEM: who signs the brokers' certificates. Absent: the system's."
    )
    kafka_ssl_certfile: Path | None = Field(
        default=None, description="PEM: our own certificate, where the brokers ask for one."
    )
    kafka_ssl_keyfile: Path | None = None
    kafka_ssl_key_password: SecretStr | None = None
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_replication_factor: int = Field(default=1, ge=1, le=7)
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    api_processes: int = Field(
        default_factory=lambda: max(1, len(os.sched_getaffinity(0)) // CORES_PER_API),
        ge=1,
        le=64,
        description="API processes of `suite up`, on one port. Absent: one for four cores.",
    )
    public_url: str | None = Field(
        default=None,
        description="How browsers and workers reach the API; http://host:port if absent.",
    )
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, _LISTED] = Field(
        default=(),
        description="Addresses or networks, with commas between, of the proxies before the API: "
        "their X-Forwarded-For and X-Forwarded-Proto are believed. Absent: nobody's.",
    )
    country_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="Header in which the trusted proxies say where a client is: an ISO 3166 code, "
        "DE or US-CA. Absent: nobody knows, and only cartoons are drawn.",
    )
    cors_origins: Annotated[tuple[_Origin, ...], NoDecode, _LISTED] = Field(
        default=(),
        description="Origins, with commas between, whose pages may use the API with a token. "
        "Absent: the studio's own pages only.",
    )
    engine_weights_dir: Path | None = Field(
        default=None, description="Folder with one pipeline directory per engine id."
    )
    gates_dir: Path | None = Field(
        default=None,
        description="Folder of the gates that photographs need: gates.json, its models, the lists. "
        "Absent: `home/gates`.",
    )
    device: str = Field(
        default="cpu", description="torch device of the worker: cpu, cuda, cuda:1 …"
    )
    torch_threads: int = Field(default=2, ge=1, le=256)
    worker_name: str | None = Field(
        default=None,
        max_length=NAME_LENGTH_MAX,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
        description="Stable name of this worker; the host name and a number if absent.",
    )
    lease_s: float = Field(
        default=20.0, gt=0, description="Silence after which an attempt is lost."
    )
    liveness_s: float = Field(default=5.0, gt=0, description="How often a worker says it is alive.")
    turn_max_s: float = Field(
        default=60.0,
        ge=1.5,
        description="Longest turn of a main loop that is well: twice its longest wait, for Kafka.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="Where each process shows its metrics, at `/metrics`."
    )
    metrics_port: int = Field(
        default=9400,
        ge=0,
        le=65_000,
        description="First of the metrics' ports, one a process in their order. 0: none.",
    )
    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where spans are sent, such as http://collector:4318. Absent: nowhere.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    @property
    def address(self) -> str:
        """The API's address as others reach it, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def running(self) -> Path:
        """Where the processes show that they are alive."""
        return self.run_dir or self.home / "run"

    @property
    def secrets(self) -> Path:
        """Where the secret files are."""
        return self.secrets_dir or self.home / "secrets"

    @property
    def gates(self) -> Path:
        """Where the models and lists for photographs are."""
        return self.gates_dir or self.home / "gates"

    def require_database_url(self) -> str:
        """The database to connect to. Raises `DatabaseUnset` where nothing provides one."""
        if self.database_url is None:
            raise DatabaseUnset()
        return self.database_url.get_secret_value()

    def redacted(self) -> dict[str, Any]:
        """Every setting as a person may read it: secrets show only whether they are set."""
        return self.model_dump(mode="json")


class DatabaseUnset(Exception):
    """A process was started alone without a database."""

    def __init__(self) -> None:
        super().__init__(
            "SUITE_DATABASE_URL is not set: a process started alone needs a database. "
            "`suite up` brings its own; any other server is prepared with `suite migrate`."
        )


def load_settings() -> Settings:
    """Read the environment. Raises `UnknownSettings`, or pydantic's `ValidationError`."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    unknown = sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )
    if unknown:
        raise UnknownSettings(unknown)
    return Settings()
