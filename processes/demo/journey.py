"""One person's journey: each step asks the API what is there already, and does what is missing."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import httpx

from api.ids import split_id
from gpu_consumers.screening.credentials import Credentials, Generation
from processes.demo.client import DemoRefused, StudioClient
from processes.demo.released_files import CLIP_FILES, film, require_credentials
from processes.demo.story import (
    CLIP,
    CLIP_SEEDS,
    CONSENT,
    REMIX,
    REMIX_SEEDS,
    WISHES,
    Clip,
    Picture,
    Remix,
    Story,
    Wish,
)

ENGINE = "pocket"
PASSWORD = "a lighthouse in fog"
WAIT_S = 900.0
"""Longer than any step takes on two slow cores; past it the demo says which step hangs."""
LOOK_AGAIN_S = 0.5


@dataclass(frozen=True)
class Live:
    """What the display is told while the journey goes on."""

    step: Callable[[str, str], None]
    progress: Callable[[str, int, int], None]


class Journey:
    """Walks one person through the studio. Raises `DemoRefused` where it cannot go on."""

    def __init__(
        self,
        client: StudioClient,
        name: str,
        photos: list[bytes],
        live: Live,
        credentials: Credentials,
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._live = live
        self.story = Story(name, photos)

    def walk(self, return_url: str) -> Story:
        """The whole way. Whatever an earlier run left is used."""
        with self._step("sign up and in"):
            self._sign_in()
        threading.Thread(target=self._watch, daemon=True).start()
        with self._step("verify identity and age"):
            self._verify(return_url)
        with self._step("release and consent"):
            twin = self._twin()
        with self._step("upload and judge photos"):
            twin = self._photos(twin)
        with self._step("buy credits"):
            self._buy(return_url)
        with self._step("train the twin"):
            self._train(twin)
        jobs = []
        for number, wish in enumerate(WISHES, start=1):
            with self._step(f"create pictures {number} of {len(WISHES)}"):
                jobs.append((wish, self._create(twin, wish)))
        with self._step("animate a picture"):
            clip = self._animate(jobs[0][1]["assets"][0]["id"])
        with self._step("remix a picture"):
            remix = self._remix(jobs[0][1]["assets"][0]["id"])
        with self._step("cancel a job"):
            self._cancel(twin)
        with self._step("gallery and downloads"):
            self._collect(twin, jobs)
            self.story.clips.append(self._clip(clip))
            self.story.remixes.append(Remix(self.story.images[0], self._picture(remix)))
        return self.story

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        self._live.step(self.story.name, title)
        began_s = time.monotonic()
        yield
        self.story.steps.append((title, time.monotonic() - began_s))

    def _watch(self) -> None:
        """Follow the jobs feed for the display. The journey itself does not rest on it."""
        with suppress(httpx.TransportError):
            for event in self._client.events("WatchJobs"):
                progress = event.get("progress")
                if event["__typename"] == "JobProgressed" and progress:
                    self._live.progress(self.story.name, progress["step"], progress["stepsTotal"])

    def _sign_in(self) -> None:
        email = f"{self.story.name.lower()}@demo.example"
        key = str(uuid5(NAMESPACE_DNS, email))
        self._client.run(
            "SignUp", {"input": {"idempotencyKey": key, "email": email, "password": PASSWORD}}
        )
        self._client.sign_in(email, PASSWORD)

    def _verify(self, return_url: str) -> None:
        if self._client.viewer()["verification"]["status"] == "VERIFIED":
            return
        started = self._client.command("StartVerification", returnUrl=return_url)
        self._client.choose(started["redirectUrl"], "approved")
        self._until(lambda: self._client.viewer()["verification"]["status"] == "VERIFIED")

    def _twin(self) -> Any:
        twins = self._client.viewer()["twins"]["edges"]
        if twins:
            own = twins[0]["node"]["id"]
        else:
            made = self._client.command("CreateTwin", name=self.story.name)
            self._client.viewer(made["position"])
            own = made["twin"]
        twin = self._find(own)
        texts = self._client.run("Catalogue")
        if not twin["biometricReleaseSigned"]:
            text = texts["biometricReleaseText"]
            signed = self._client.command(
                "SignBiometricRelease", twin=own, textSha256=text["sha256"], locale="en"
            )
            self._client.viewer(signed["position"])
        consent = twin["consent"]
        # A twin of an earlier run may have a consent that covers less.
        missing = [scope for scope in CONSENT if scope not in consent["scopes"]]
        if missing or not consent["granted"]:
            granted = self._client.command(
                "AddConsentScopes" if consent["granted"] else "GrantConsent",
                twin=own,
                textSha256=texts["consentText"]["sha256"],
                scopes=missing if consent["granted"] else CONSENT,
            )
            self._client.viewer(granted["position"])
        return self._find(own)

    def _photos(self, twin: Any) -> Any:
        if twin["status"] not in ("PHOTOS_ACCEPTED", "TRAINING", "TRAINED", "PHOTOS_JUDGING"):
            self._upload(twin["id"])
        judged = self._until(
            lambda: (
                found if (found := self._find(twin["id"]))["status"] != "PHOTOS_JUDGING" else None
            )
        )
        if judged["status"] == "PHOTOS_REJECTED":
            flaws = [photo["flaws"] for photo in judged["photos"] if photo["flaws"]]
            raise DemoRefused(f"the photos were refused: {flaws or judged['setFlaws']}")
        return judged

    def _upload(self, twin: str) -> None:
        files = [
            {
                "sizeBytes": len(photo),
                "mediaType": "image/jpeg",
                "sha256": hashlib.sha256(photo).hexdigest(),
            }
            for photo in self.story.photos
        ]
        planned = self._client.command("RequestPhotoUploads", twin=twin, files=files)
        for upload, photo in zip(planned["uploads"], self.story.photos, strict=True):
            self._client.upload(upload["url"], upload["fields"], photo)
        submitted = self._client.command(
            "SubmitPhotos",
            twin=twin,
            submission=planned["submission"],
            photos=[upload["photo"] for upload in planned["uploads"]],
            engine=ENGINE,
        )
        self._client.viewer(submitted["position"])

    def _buy(self, return_url: str) -> None:
        before = self._client.viewer()["wallet"]["available"]
        packages = self._client.run("Catalogue")["packages"]
        largest = max(packages, key=lambda package: package["millicredits"])
        bought = self._client.command("BuyCredits", package=largest["id"], returnUrl=return_url)
        self._client.choose(bought["checkoutUrl"], "pay")
        self._until(lambda: self._client.viewer()["wallet"]["available"] > before)

    def _train(self, twin: Any) -> None:
        if twin["status"] == "PHOTOS_ACCEPTED":
            quote = self._client.run("Quote", {"training": {"twin": twin["id"], "engine": ENGINE}})
            started = self._client.command(
                "StartTwinTraining",
                twin=twin["id"],
                engine=ENGINE,
                priceVersion=quote["priceVersion"],
            )
            self._client.viewer(started["position"])
            self._ended(started["job"])
        trained = self._until(lambda: self._find(twin["id"])["trained"])
        self.story.similarity = trained["similarity"]

    def _create(self, twin: Any, wish: Wish) -> Any:
        quote = self._client.run("Quote", {"images": {"engine": ENGINE, "count": wish.count}})
        asked = self._client.command(
            "RequestImages",
            twin=twin["id"],
            engine=ENGINE,
            prompt=wish.prompt,
            negativePrompt=wish.negative_prompt,
            aspectRatio=wish.aspect_ratio,
            style=wish.style,
            count=wish.count,
            seed=wish.seed,
            rating="GENERAL",
            priceVersion=quote["priceVersion"],
        )
        self._client.viewer(asked["position"])
        return self._ended(asked["job"])

    def _animate(self, picture: str) -> str:
        """Ask for a clip that begins with a picture. Answers the clip that was released."""
        settings = {
            "engine": ENGINE,
            "source": picture,
            "sourceStrength": CLIP.source_strength,
            "motion": CLIP.motion,
            "durationS": CLIP.duration_s,
            "numInferenceSteps": CLIP.num_inference_steps,
        }
        for seed in CLIP_SEEDS:
            quote = self._client.run("Quote", {"video": settings})
            asked = self._client.command(
                "RequestVideo",
                **settings,
                prompt=CLIP.prompt,
                seed=seed,
                priceVersion=quote["priceVersion"],
            )
            self._client.viewer(asked["position"])
            for released in self._ended(asked["job"])["assets"]:
                return str(released["id"])
        raise DemoRefused(f"no clip of {len(CLIP_SEEDS)} passed its screening")

    def _remix(self, picture: str) -> str:
        """Ask for a picture that begins with another. Answers the one that was released."""
        settings = {"engine": ENGINE, "source": picture, "sourceStrength": REMIX.source_strength}
        for seed in REMIX_SEEDS:
            quote = self._client.run("Quote", {"images": {**settings, "count": 1}})
            asked = self._client.command(
                "RequestImages",
                **settings,
                prompt=REMIX.prompt,
                count=1,
                seed=seed,
                rating="GENERAL",
                priceVersion=quote["priceVersion"],
            )
            self._client.viewer(asked["position"])
            for released in self._ended(asked["job"])["assets"]:
                return str(released["id"])
        raise DemoRefused(f"no remix of {len(REMIX_SEEDS)} passed its screening")

    def _picture(self, asset: str) -> Picture:
        found = self._client.run("Asset", {"id": asset})["asset"]
        return Picture(self._downloaded(found), REMIX.prompt)

    def _clip(self, asset: str) -> Clip:
        """Every file of a clip, downloaded and looked at."""
        found = self._client.run("Asset", {"id": asset})["asset"]
        files = {
            suffix: self._downloaded(found, role, media_type)
            for role, (media_type, suffix) in CLIP_FILES.items()
        }
        film(files[".mp4"], found["durationMs"])
        caption = f"{CLIP.prompt} [{CLIP.motion}, {CLIP.duration_s} s]"
        return Clip(files, caption, found["durationMs"], tuple(found["likeness"]))

    def _cancel(self, twin: Any) -> None:
        quote = self._client.run(
            "Quote", {"images": {"engine": ENGINE, "count": 8, "numInferenceSteps": 50}}
        )
        asked = self._client.command(
            "RequestImages",
            twin=twin["id"],
            engine=ENGINE,
            prompt="smiling, front view",
            count=8,
            numInferenceSteps=50,
            rating="GENERAL",
            priceVersion=quote["priceVersion"],
        )
        self._client.viewer(asked["position"])
        self._until(lambda: self._job(asked["job"])["state"] != "REQUESTED")
        try:
            self._client.command("CancelJob", job=asked["job"])
        except DemoRefused as refused:
            if "JOB_ENDED" not in str(refused):
                raise
        self._ended(asked["job"], wanted=("CANCELLED", "COMPLETED"))

    def _collect(self, twin: Any, jobs: list[tuple[Wish, Any]]) -> None:
        for wish, job in jobs:
            caption = f"{wish.prompt} [{wish.style}, {wish.aspect_ratio}]"
            for asset in job["assets"]:
                self.story.images.append(Picture(self._downloaded(asset), caption))
        everything = self._client.run("Jobs", {"first": 100})["jobs"]["edges"]
        for edge in everything:
            if edge["node"]["kind"] == "TRAINING" and edge["node"]["state"] == "COMPLETED":
                for asset in edge["node"]["assets"]:
                    data = self._client.download(asset["url"])
                    self.story.samples.append(Picture(data, "training sample"))
        found = self._client.run("Gallery", {"first": 1, "twin": twin["id"], "text": "GREEN top"})
        for edge in found["gallery"]["edges"]:
            self._client.command("SetFavourite", asset=edge["node"]["id"], favourite=True)
        wallet = self._client.run("Statement", {"first": 1})["wallet"]
        self.story.balance = {name: wallet[name] for name in ("available", "reserved", "spent")}

    def _downloaded(self, asset: Any, role: str = "MASTER", media_type: str = "image/png") -> bytes:
        """One file, with the credentials that it has to have."""
        wanted = {"asset": asset["id"], "rendition": role}
        granted = self._client.run("RequestDownload", {"input": wanted})
        data = self._client.download(granted["url"])
        source = asset.get("source")
        generation = Generation(
            split_id(asset["id"])[1], split_id(source["asset"])[1] if source else None
        )
        require_credentials(self._credentials, data, generation, media_type)
        return data

    def _find(self, twin: str) -> Any:
        for edge in self._client.viewer()["twins"]["edges"]:
            if edge["node"]["id"] == twin:
                return edge["node"]
        raise DemoRefused("the twin is gone")

    def _job(self, job: str) -> Any:
        for edge in self._client.run("Jobs", {"first": 20})["jobs"]["edges"]:
            if edge["node"]["id"] == job:
                return edge["node"]
        raise DemoRefused("the job is gone")

    def _ended(self, job: str, wanted: tuple[str, ...] = ("COMPLETED",)) -> Any:
        found = self._until(
            lambda: (
                node
                if (node := self._job(job))["state"] in ("COMPLETED", "FAILED", "CANCELLED")
                else None
            )
        )
        if found["state"] not in wanted:
            raise DemoRefused(f"the job ended as {found['state']}: {found['failure']}")
        return found

    def _until(self, look: Callable[[], Any]) -> Any:
        """Look again until there is something. What is looked at is read models, which follow."""
        deadline_s = time.monotonic() + WAIT_S
        while time.monotonic() < deadline_s:
            if found := look():
                return found
            time.sleep(LOOK_AGAIN_S)
        raise DemoRefused(f"nothing came within {WAIT_S:.0f} s")
