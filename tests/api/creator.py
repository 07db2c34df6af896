"""Somebody who uses the studio through its public API, and workers who do what they ask for."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4, uuid5

import httpx
import msgspec

from adapters.identity.sandbox import SandboxChoice
from adapters.payment.sandbox import CheckoutStatus
from api.documents import TrustedDocuments
from api.ids import split_id
from commands.jobs.record_claim import ClaimGranted, RecordClaim
from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import (
    CheckedCheckpoint,
    RecordScreening,
    ScreenedItem,
    WrittenFile,
)
from commands.source_photos.claim_source_photo import ClaimSourcePhoto
from commands.source_photos.record_source_photo import RecordSourcePhoto, WrittenCopy
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from domain import object_keys
from domain.checks import Check, CheckVerdict
from domain.job import Job
from domain.job_kinds import job_kind
from domain.job_kinds.entry import RenditionRule
from domain.job_state import AdapterFile, JobOutput
from domain.photo_set import PhotoVerdict
from domain.rendition import THUMBNAIL_SIDES_MAX
from domain.twin import Twin
from gpu_consumers.screening.released_files import EncodedFile
from tests.api.live_studio import ROOT, LiveStudio
from tests.commands.journey import ADAPTER_PASSED, PASSED
from tests.domain.photos_to_begin_with import passed

PASSWORD = "correct horse battery staple"
BLUR = "1QcSHQRnh493V4dIh4eXh1h4kJUI"
INPUTS = dict.fromkeys(("submitSourcePhoto", "deleteSourcePhoto"), "SourcePhotoInput")
WITHOUT_KEY = (
    "signIn",
    "requestDownload",
    "requestArchive",
    "requestPasswordLink",
    "setPassword",
    "changePassword",
    "endSession",
)
PHOTO = b"\x89PNG twelve of these would be a photo set"
DOCUMENTS = TrustedDocuments.load(ROOT / "graphql" / "operations")
PASSED_WITHOUT_TWIN = tuple(
    msgspec.structs.replace(verdict, check=Check.NO_ENROLLED_MATCH)
    if verdict.check == Check.IDENTITY
    else verdict
    for verdict in PASSED
)
_numbers = count(1)


@dataclass
class Answer:
    """One HTTP answer, and what is in it."""

    response: httpx.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> dict[str, Any]:
        found = self.response.json()
        assert isinstance(found, dict)
        return found

    @property
    def errors(self) -> list[dict[str, Any]]:
        found = self.body.get("errors", [])
        assert isinstance(found, list)
        return found

    @property
    def data(self) -> Any:
        """The data of an answer that has no errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]


class Visitor:
    """Anybody with an HTTP client. `token` is sent as a bearer once there is one."""

    def __init__(self, live: LiveStudio, token: str | None = None) -> None:
        self.live = live
        self.token = token
        # Without certificates to load: there are fifty people, and no TLS.
        self.http = httpx.Client(base_url=live.url, timeout=30.0, verify=False)

    @property
    def headers(self) -> dict[str, str]:
        accept = {"accept": "application/graphql-response+json"}
        return accept if self.token is None else {**accept, "authorization": f"Bearer {self.token}"}

    def send(self, body: Any, **headers: str) -> Answer:
        """Post one JSON body."""
        return Answer(self.http.post("/graphql", json=body, headers={**self.headers, **headers}))

    def post(self, document: str, **variables: Any) -> Answer:
        """Post one document with variables."""
        return self.send({"query": document, "variables": variables})

    def ask(self, document: str, **variables: Any) -> Any:
        """The one root value of a document that must not have errors."""
        (value,) = self.post(document, **variables).data.values()
        return value

    def run(self, name: str, **variables: Any) -> Any:
        """The one root value of a committed document, by its id."""
        body = {"documentId": DOCUMENTS.ids_by_name[name], "variables": variables}
        (value,) = self.send(body).data.values()
        return value

    def mutate(self, field: str, on: str = "Refusal", fields: str = "code", **values: Any) -> Any:
        """One mutation; answers `__typename`, code, message and path, and `fields` of type `on`."""
        kind = INPUTS.get(field, field[0].upper() + field[1:] + "Input")
        if field not in WITHOUT_KEY:
            values = {"idempotencyKey": str(uuid4()), **values}
        return self.ask(
            f"mutation($input: {kind}!) {{ {field}(input: $input) {{ __typename "
            f"... on Refusal {{ code message path }} ... on {on} {{ {fields} }} }} }}",
            input=values,
        )

    def did(self, field: str, fields: str = "position", **values: Any) -> Any:
        """One mutation that has to succeed; answers `fields` of its success."""
        success = field[0].upper() + field[1:] + "Success"
        answer = self.mutate(field, on=success, fields=fields, **values)
        assert answer["__typename"] == success, answer
        return answer


class Creator(Visitor):
    """Somebody who has signed up and in. Each step of the journey is a method."""

    def __init__(self, live: LiveStudio, name: str = "Ada") -> None:
        super().__init__(live)
        self.email = f"{name.lower()}.{next(_numbers)}@example.org"
        self.did("signUp", email=self.email, password=PASSWORD)
        self.sign_in()

    def sign_in(self) -> None:
        """Open a session."""
        found = self.did("signIn", "token viewer { id }", email=self.email, password=PASSWORD)
        self.token = found["token"]
        self.person = uuid_of(found["viewer"]["id"])

    def sign_out(self) -> None:
        """End the session."""
        self.ask("mutation { signOut { __typename } }")

    def verified(self, choice: SandboxChoice = SandboxChoice.APPROVED) -> "Creator":
        """Went through the provider's page, and its webhook was followed."""
        url = self.did("startVerification", "redirectUrl position", returnUrl=self.live.url)[
            "redirectUrl"
        ]
        chosen = self.http.post(url, data={"choice": choice.value})
        assert chosen.status_code == 303, chosen.text
        self.live.settle()
        return self

    def rich(self, package: str = "starter") -> "Creator":
        """Paid for a package of credits."""
        self.pay(self.checkout(package))
        return self

    def checkout(self, package: str = "starter") -> str:
        """Started a purchase; answers the address of the provider's page."""
        found = self.did(
            "buyCredits", "purchase checkoutUrl", package=package, returnUrl=self.live.url
        )
        return str(found["checkoutUrl"])

    def pay(self, url: str, status: CheckoutStatus = CheckoutStatus.PAID) -> None:
        """What happens at the provider's page, and the webhook it sends."""
        purchase, token = UUID(urlsplit(url).path.rsplit("/", 1)[1]), parse_qs(urlsplit(url).query)
        found = self.live.payment.find_checkout(purchase, token["token"][0])
        assert found is not None
        self.live.payment.close(found, status)
        self.live.payment.deliver_webhooks()
        self.live.settle()

    def twin(self, name: str = "Ada at work") -> str:
        """A twin with release and consent."""
        catalogue = self.run("Catalogue")
        twin = str(self.did("createTwin", "twin", name=name)["twin"])
        release = catalogue["biometricReleaseText"]["sha256"]
        self.did("signBiometricRelease", twin=twin, textSha256=release)
        consent = catalogue["consentText"]
        self.did("grantConsent", twin=twin, textSha256=consent["sha256"], scopes=consent["scopes"])
        return twin

    def planned(self, twin: str, photos: int = 12) -> Any:
        """Forms for uploads, with the submission they belong to."""
        digest = hashlib.sha256(PHOTO).hexdigest()
        return self.did(
            "requestPhotoUploads",
            "submission uploads { photo url fields { name value } }",
            twin=twin,
            files=[{"sizeBytes": len(PHOTO), "mediaType": "image/png", "sha256": digest}] * photos,
        )

    def submitted(self, twin: str) -> str:
        """Twelve photos were uploaded and wait for the gate; answers the submission."""
        planned = self.planned(twin)
        for upload in planned["uploads"]:
            form = {field["name"]: field["value"] for field in upload["fields"]}
            taken = self.http.post(upload["url"], data=form, files={"file": ("photo.png", PHOTO)})
            assert taken.status_code == 204, taken.text
        photos = [upload["photo"] for upload in planned["uploads"]]
        submission = str(planned["submission"])
        self.did("submitPhotos", twin=twin, submission=submission, photos=photos, engine="pocket")
        return submission

    def accepted(self, twin: str) -> None:
        """The gate found nothing wrong."""
        submission = uuid_of(self.submitted(twin))
        found = self.load(Twin, uuid_of(twin))
        assert found.submitted is not None
        verdicts = tuple(PhotoVerdict(photo) for photo in found.submitted.photos)
        self.live.does(
            RecordPhotoVerdicts(uuid_of(twin), submission, verdicts, (), "pocket-analyser"),
            self.person,
        )
        self.live.settle()

    def ready_to_train(self) -> str:
        """Verified, rich, with a twin whose photos were accepted; answers the twin."""
        self.verified().rich()
        twin = self.twin()
        self.accepted(twin)
        return twin

    def source_photo(self, twin: str, *, judged: bool = True) -> str:
        """A photo was uploaded to begin with, submitted and, if `judged`, accepted."""
        digest = hashlib.sha256(PHOTO).hexdigest()
        asked = self.did(
            "requestSourcePhotoUpload",
            "photo upload { url fields { name value } }",
            twin=twin,
            engine="pocket",
            file={"sizeBytes": len(PHOTO), "mediaType": "image/png", "sha256": digest},
        )
        form = {field["name"]: field["value"] for field in asked["upload"]["fields"]}
        taken = self.http.post(
            asked["upload"]["url"], data=form, files={"file": ("photo.png", PHOTO)}
        )
        assert taken.status_code == 204, taken.text
        photo = str(asked["photo"])
        self.did("submitSourcePhoto", photo=photo)
        if judged:
            own, claim = uuid_of(photo), uuid5(uuid_of(photo), "claim")
            granted = self.live.asks(ClaimSourcePhoto(own, claim), self.person)
            self.live.objects.put(granted.clean_key, PHOTO, media_type="image/png")
            copy = WrittenCopy(digest, len(PHOTO), 512, 512)
            report = RecordSourcePhoto(own, claim, None, passed(), copy)
            self.live.does(report, self.person)
        self.live.settle()
        return photo

    def training(self, twin: str) -> str:
        """Asked for a training; answers the job."""
        return str(
            self.did("startTwinTraining", "job", twin=twin, engine="pocket", priceVersion=1)["job"]
        )

    def trained(self) -> str:
        """A twin that has its adapter."""
        twin = self.ready_to_train()
        self.finished(self.training(twin))
        return twin

    def images(self, twin: str | None = None, count: int = 2, **settings: Any) -> str:
        """Asked for pictures of a lighthouse in fog; answers the job."""
        wish = {"engine": "pocket", "prompt": "a lighthouse in fog", "priceVersion": 1}
        asked = {**wish, "count": count, "twin": twin, **settings}
        found = self.did("requestImages", "job", **asked)
        return str(found["job"])

    def clips(self, **wish: Any) -> str:
        """Asked for a clip of a lighthouse keeper who nods; answers the job."""
        keeper = {"engine": "pocket", "prompt": "a lighthouse keeper in fog", "priceVersion": 1}
        found = self.did("requestVideo", "job", **{**keeper, "motion": "nod", **wish})
        return str(found["job"])

    def load(self, kind: Any, own: UUID) -> Any:
        """An aggregate as it is stored now."""
        with self.live.store.transaction(self.person) as transaction:
            found = transaction.load(own, self.person)
        assert isinstance(found, kind)
        return found

    def claimed(self, job: str) -> RecordClaim:
        """A worker runs the current attempt."""
        own = uuid_of(job)
        attempt = self.load(Job, own).attempt
        claim = RecordClaim(own, attempt, uuid5(own, f"claim {attempt}"), "gpu-1")
        assert isinstance(self.live.does(claim, self.person), ClaimGranted)
        return claim

    def finished(
        self,
        job: str,
        files: Mapping[str, EncodedFile] = MappingProxyType({}),
        *,
        says_size: bool = False,
        failed: Mapping[int, Collection[str]] = MappingProxyType({}),
        checkpoints: Mapping[int, float] = MappingProxyType({}),
    ) -> list[str]:
        """Rendered, screened and released; answers nothing that the API would not tell.

        `failed` are checks that items do not pass. `checkpoints` are likenesses by step.

        `files` by role are what the screener has made; all others are photos. Whatever their size,
        it says the one that was asked for; with `says_size` their own.
        """
        claim = self.claimed(job)
        own = claim.job_id
        found = self.load(Job, own)
        digest = hashlib.sha256(PHOTO).hexdigest()
        kind = job_kind(found.kind)
        length = kind.clip_length(found.settings)
        frames = None if length is None else length.frames
        outputs = tuple(
            JobOutput(
                item.item, "", digest, len(PHOTO), 512, 512, "image/png", item.seed, frames=frames
            )
            for item in found.items
        )
        trains = found.submission_id is not None
        adapter = AdapterFile("", digest, 400_000, 16, 120, 0.91) if trains else None
        earlier = tuple(
            AdapterFile("", digest, 400_000, 16, step, likeness)
            for step, likeness in checkpoints.items()
        )
        rendered = RecordRendered(own, claim.attempt, claim.claim_id, outputs, adapter, earlier)
        self.live.does(rendered, self.person)
        length_ms = None if frames is None else 1_000 * frames // found.settings.frame_rate
        made = {
            rule.role: files.get(rule.role) or _stand_in(rule, length_ms)
            for rule in kind.renditions
        }
        written = tuple(
            WrittenFile(
                rule.role,
                hashlib.sha256(made[rule.role].data).hexdigest(),
                len(made[rule.role].data),
                made[rule.role].media_type,
                made[rule.role].width if says_size else rule.side_max or 512,
                made[rule.role].height if says_size else rule.side_max or 512,
                made[rule.role].duration_ms,
            )
            for rule in kind.renditions
        )
        passed = PASSED if found.twin_id is not None else PASSED_WITHOUT_TWIN
        screened = RecordScreening(
            job_id=own,
            attempt=claim.attempt,
            claim_id=uuid5(own, "screening"),
            outputs=tuple(
                ScreenedItem(
                    item.item,
                    _but(passed, failed.get(item.item, ())),
                    written[0].sha256,
                    written[0].size_bytes,
                    written,
                    placeholder=BLUR,
                )
                for item in found.items
            ),
            adapter_checks=ADAPTER_PASSED if trains else (),
            checkpoints=tuple(CheckedCheckpoint(step, ADAPTER_PASSED) for step in checkpoints),
        )
        self.live.does(screened, self.person)
        for item in found.items:
            for role, file in made.items():
                key = object_keys.gallery_key(item.asset_id, screened.claim_id, role)
                self.live.objects.put(key, file.data, media_type=file.media_type)
        self.live.settle()
        return [str(item.asset_id) for item in found.items]

    def gallery(self, **filters: Any) -> list[Any]:
        """What the gallery shows."""
        found = self.run("Gallery", first=100, **filters)
        return [edge["node"] for edge in found["gallery"]["edges"]]

    def wallet(self) -> Any:
        """The balance as the API tells it."""
        return self.run("Viewer")["wallet"]


def _but(passed: tuple[CheckVerdict, ...], failed: Collection[str]) -> tuple[CheckVerdict, ...]:
    return tuple(
        msgspec.structs.replace(verdict, passed=verdict.check not in failed) for verdict in passed
    )


def _stand_in(rule: RenditionRule, length_ms: int | None) -> EncodedFile:
    """A file of which only the release looks at what is said of it."""
    side, lasts_ms = rule.side_max or 512, length_ms if rule.moving else None
    # A thumbnail is small, however large a test has its pictures.
    data = PHOTO[:1_000] if rule.role in THUMBNAIL_SIDES_MAX else PHOTO
    return EncodedFile(data, rule.media_types[0], side, side, lasts_ms)


def somebody(live: LiveStudio, role: Any) -> Creator:
    """A creator whose account has another role."""
    found = Creator(live, role.value)
    live.accounts.set_role(found.person, role)
    return found


def uuid_of(global_id: str) -> UUID:
    """The UUID inside a global id."""
    return split_id(global_id)[1]
