"""What has to be there before the first process starts. Every step may be repeated."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid5

import msgspec

from adapters.postgres.migrate import migrate
from commands.digest import canonical
from commands.safety.publish_new_defaults import PublishNewDefaults
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from commands.studio import Studio
from domain.kernel.identity import SYSTEM
from domain.kernel.refusal import Refusal
from gpu_consumers.engines.pocket.world.photo_set import photo_set
from processes.secrets import ensure_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock
from processes.wiring.sandbox_lists import issue_sandbox_lists
from processes.wiring.studio import open_studio
from processes.wiring.transport import open_transport

SAMPLE_SETS = 6
SAMPLE_SEED = 4_100
"""Far from the identities that the pocket model was trained on."""


def prepare(settings: Settings, admin_url: str, on_step: Callable[[str], None]) -> None:
    """Secrets, migrations, topics, the first price list and policy, lists, sample photo sets."""
    secrets = ensure_secrets(settings.secrets)
    on_step("migrating the database")
    migrate(admin_url)
    on_step("creating topics")
    with open_transport(settings) as transport:
        transport.create_topics()
    on_step("publishing prices and policy")
    with open_studio(settings, secrets, "prepare") as writing:
        publish_defaults(writing.studio)
    issue_sandbox_lists(settings)
    on_step("drawing sample photo sets")
    write_samples(settings.home / "samples", sets=SAMPLE_SETS)


def publish_defaults(studio: Studio) -> None:
    """Version 1 of prices and policy where there is none yet, and what is new in this release."""
    for name, command in (
        ("prices", PublishPriceList(version=1, accepted_until=system_clock() + timedelta(days=1))),
        ("policy", PublishPolicy(version=1, approvers=())),
    ):
        try:
            studio.execute(command, owner_id=SYSTEM, key=uuid5(SYSTEM, f"first {name}"))
        except Refusal:
            # Published before, with other arguments under the same key, or in a later version.
            continue
    new = PublishNewDefaults()
    key = uuid5(SYSTEM, f"new defaults {hashlib.sha256(canonical(new)).hexdigest()}")
    studio.execute(new, owner_id=SYSTEM, key=key)


def write_samples(folder: Path, *, sets: int, photos: int = 12) -> None:
    """Photo sets of invented people, as `set-N/NN.jpg`, with an index for the studio page."""
    index = []
    for number in range(1, sets + 1):
        name = f"set-{number}"
        place = folder / name
        if not (place / f"{photos:02}.jpg").exists():
            place.mkdir(parents=True, exist_ok=True)
            for ordinal, data in enumerate(photo_set(SAMPLE_SEED + number, photos), start=1):
                (place / f"{ordinal:02}.jpg").write_bytes(data)
        urls = [f"/samples/{name}/{ordinal:02}.jpg" for ordinal in range(1, photos + 1)]
        index.append({"name": str(number), "photos": urls})
    (folder / "index.json").write_bytes(msgspec.json.encode({"sets": index}))
