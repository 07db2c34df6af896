"""How the face analyser is trained, on the renderer alone, and where its thresholds come from."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from gpu_consumers.engines.pocket.analyser_network import (
    EMBEDDER_SIDE,
    EMBEDDING_WIDTH,
    FINDER_SIDE,
    FINDER_STRIDE,
    FaceEmbedder,
    FaceFinder,
)
from gpu_consumers.engines.pocket.recipe.analyser_pictures import (
    FACES_MAX,
    FinderSet,
    finder_set,
    held_out_finder_set,
    people_set,
    random_crop,
)
from gpu_consumers.engines.pocket.recipe.autoencoder import load_autoencoder
from gpu_consumers.engines.pocket.recipe.batches import to_pictures, to_signal
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.pace import Pace, set_learning_rate
from gpu_consumers.engines.pocket.recipe.threads import Threads
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.identity import TRAITS, look_alike, random_identity

FINDER_BATCH: Final = 64
EMBEDDER_BATCH: Final = 128
PEAK_LEARNING_RATE: Final = 2e-3
COUNT_ACCURACY_MIN: Final = 0.95
LOOK_ALIKE_RANK_1_MIN: Final = 0.5
_CELLS: Final = FINDER_SIDE // FINDER_STRIDE
_FACE_LOGIT_MIN: Final = 0.0
# Latents are shaken by up to this before decoding, as an imperfect denoiser would leave them.
_LATENT_NOISE_MAX: Final = 0.3
_REBUILT_SHARE: Final = 0.4
_SCALE: Final = 24.0
# One cell in a hundred is a face's centre; a peak of heat 1 must rise above the threshold.
_PEAK_WEIGHT: Final = 8.0
_MARGIN: Final = 0.15
_TRAIT_WEIGHT: Final = 4.0


def train_finder(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Gate: the number of faces (0, 1, 2, 3) is right on held-out pictures."""
    torch.manual_seed(0)
    data = finder_set(work_dir)
    finder = FaceFinder().to(device)
    optimizer = torch.optim.AdamW(finder.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.02)
    targets = _targets(data)
    pace, step = _resumed(work_dir, "finder", {"finder": finder, "optimizer": optimizer}, minutes)
    rng = np.random.default_rng(3 + step)
    finder.train()
    threads = Threads()
    while not pace.is_over:
        rate = pace.learning_rate(PEAK_LEARNING_RATE, step, warm_up_steps=50, flat=0.1)
        set_learning_rate(optimizer, rate)
        picked = rng.integers(0, len(data.pictures), FINDER_BATCH)
        signal = to_signal(data.pictures[picked]).to(device)
        signal = signal + torch.randn_like(signal) * 0.05 * torch.rand(()).item()
        truth = targets[picked].to(device)
        strange = torch.from_numpy(data.strange[picked]).float().to(device)
        with torch.autocast(device, torch.bfloat16):
            found, stranger = finder(signal)
        loss = _finder_loss(found.float(), truth) + functional.binary_cross_entropy_with_logits(
            stranger.float(), strange
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        threads.step_done()
        if pace.wants_checkpoint():
            _keep(work_dir, "finder", {"finder": finder, "optimizer": optimizer}, pace, step)
    _keep(work_dir, "finder", {"finder": finder, "optimizer": optimizer}, pace, step)
    torch.save(finder.state_dict(), work_dir.path("finder.pt"))
    figures = finder_figures(finder, held_out_finder_set(), device)
    print("face finder", step, "steps", figures, flush=True)
    pass_gate("faces counted right", figures["count_accuracy"], COUNT_ACCURACY_MIN)
    return {"steps": step, **figures}


def train_embedder(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Learn to tell look-alikes apart. Gate: rank-1 among 50 look-alikes on unseen renders.

    Two lessons at once: which of the training people it is (with a margin), and the traits
    themselves, which carries over to people never seen.
    """
    torch.manual_seed(0)
    data = people_set(work_dir)
    people, each = data.crops.shape[:2]
    crops = data.crops.reshape(people * each, EMBEDDER_SIDE, EMBEDDER_SIDE, 3)
    rebuilt_rows, rebuilt = _rebuilt(work_dir, crops, device)
    embedder = FaceEmbedder().to(device)
    centres_holder = nn.ParameterList([torch.randn(people, EMBEDDING_WIDTH, device=device) * 0.1])
    centres = centres_holder[0]
    trait_head = nn.Linear(320, len(TRAITS) + 1).to(device)
    trained = [*embedder.parameters(), centres, *trait_head.parameters()]
    optimizer = torch.optim.AdamW(trained, lr=PEAK_LEARNING_RATE, weight_decay=0.02)
    traits = torch.from_numpy(data.traits).to(device)
    parts = {"embedder": embedder, "traits": trait_head, "optimizer": optimizer}
    pace, step = _resumed(work_dir, "embedder", {**parts, "centres": centres_holder}, minutes)
    rng = np.random.default_rng(4 + step)
    embedder.train()
    threads = Threads()
    while not pace.is_over:
        rate = pace.learning_rate(PEAK_LEARNING_RATE, step, warm_up_steps=50, flat=0.2)
        set_learning_rate(optimizer, rate)
        rebuilt_count = int(EMBEDDER_BATCH * _REBUILT_SHARE)
        fresh = rng.integers(0, len(crops), EMBEDDER_BATCH - rebuilt_count)
        again = rng.integers(0, len(rebuilt), rebuilt_count)
        pictures = np.concatenate([crops[fresh], rebuilt[again]])
        rows = np.concatenate([fresh, rebuilt_rows[again]])
        person = torch.from_numpy(rows // each).to(device)
        signal = _disturbed(to_signal(pictures).to(device))
        with torch.autocast(device, torch.bfloat16):
            features = embedder.features(signal)
            vectors = embedder.embedding(features)
        guess = trait_head(features.float())
        vectors = functional.normalize(vectors.float(), dim=1)
        cosine = vectors @ functional.normalize(centres, dim=1).t()
        margin = _MARGIN * min(1.0, 2 * pace.share)
        cosine = cosine - margin * functional.one_hot(person, people)
        loss = functional.cross_entropy(cosine * _SCALE, person)
        loss = loss + _TRAIT_WEIGHT * functional.mse_loss(guess, traits[person])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        threads.step_done()
        if pace.wants_checkpoint():
            _keep(work_dir, "embedder", {**parts, "centres": centres_holder}, pace, step)
        if step % 200 == 0:
            print(f"embedder {pace.spent_s:.0f} s, step {step}, loss {loss.item():.3f}", flush=True)
    _keep(work_dir, "embedder", {**parts, "centres": centres_holder}, pace, step)
    torch.save(embedder.state_dict(), work_dir.path("embedder.pt"))
    figures = embedder_figures(embedder, device)
    print("embedder", step, "steps", figures, flush=True)
    pass_gate("rank-1 of 50 look-alikes", figures["look_alike_rank_1"], LOOK_ALIKE_RANK_1_MIN)
    return {"steps": step, **figures}


@torch.no_grad()
def finder_figures(finder: FaceFinder, data: FinderSet, device: str) -> dict[str, float]:
    finder.eval()
    outputs = [
        finder(to_signal(data.pictures[start : start + 128]).to(device))
        for start in range(0, len(data.pictures), 128)
    ]
    maps = torch.cat([output[0] for output in outputs]).cpu()
    strange = torch.cat([output[1] for output in outputs]).cpu().sigmoid().numpy()
    truth = (~np.isnan(data.boxes[:, :, 0])).sum(1)
    counted = count_peaks(maps).numpy()
    ours, theirs = strange[~data.strange], strange[data.strange]
    return {
        "n": len(truth),
        "count_accuracy": float((counted == truth).mean()),
        "none_accuracy": float((counted == truth)[truth == 0].mean()),
        "one_accuracy": float((counted == truth)[truth == 1].mean()),
        "several_accuracy": float((counted > 1)[truth > 1].mean()),
        "strange_found_at_half": float((theirs > 0.5).mean()),
        "own_refused_at_half": float((ours > 0.5).mean()),
        "own_score_99_5th": float(np.quantile(ours, 0.995)),
        "strange_score_0_5th": float(np.quantile(theirs, 0.005)),
    }


def count_peaks(maps: torch.Tensor) -> torch.Tensor:
    """How many local maxima above the threshold each map (n, 5, h, w) has: (n,)."""
    logits = maps[:, :1]
    peak = functional.max_pool2d(logits, 3, 1, 1) == logits
    return ((logits > _FACE_LOGIT_MIN) & peak).sum((1, 2, 3))


@torch.no_grad()
def embedder_figures(
    embedder: FaceEmbedder, device: str, *, galleries: int = 4
) -> dict[str, float]:
    """Rank-1 of 50 against twelve-picture galleries, and error rates at 1 % false match."""
    embedder.eval()
    rng = np.random.default_rng(HELD_OUT_PEOPLE_SEED)
    figures: dict[str, float] = {}
    for name in ("random", "look_alike"):
        right, own, other = [], [], []
        for _ in range(galleries):
            first = random_identity(rng)
            people = [first] + [
                look_alike(first, rng) if name == "look_alike" else random_identity(rng)
                for _ in range(49)
            ]
            crops = np.stack([[random_crop(p, rng) for _ in range(16)] for p in people])
            flat = torch.cat(
                [embedder(to_signal(block).to(device)).cpu() for block in crops]
            ).reshape(50, 16, -1)
            centres = functional.normalize(flat[:, :12].mean(1), dim=1)
            cosine = flat[:, 12:].reshape(200, -1) @ centres.t()
            truth = torch.arange(50).repeat_interleave(4)
            right.append(float((cosine.argmax(1) == truth).float().mean()))
            mine = functional.one_hot(truth, 50).bool()
            own.append(cosine[mine].numpy())
            other.append(cosine[~mine].numpy())
        owns, others = np.concatenate(own), np.concatenate(other)
        figures[f"{name}_rank_1"] = float(np.mean(right))
        if name == "random":
            figures["cosine_at_1_percent_false_match"] = float(np.quantile(others, 0.99))
            figures["false_non_match"] = float(
                (owns < figures["cosine_at_1_percent_false_match"]).mean()
            )
        else:
            figures["look_alike_false_match"] = float(
                (others >= figures["cosine_at_1_percent_false_match"]).mean()
            )
    return figures


HELD_OUT_PEOPLE_SEED: Final = 990_000


def load_finder(work_dir: WorkDir) -> FaceFinder:
    finder = FaceFinder()
    finder.load_state_dict(torch.load(work_dir.path("finder.pt"), weights_only=True))
    return finder.eval()


def load_embedder(work_dir: WorkDir) -> FaceEmbedder:
    embedder = FaceEmbedder()
    embedder.load_state_dict(torch.load(work_dir.path("embedder.pt"), weights_only=True))
    return embedder.eval()


def _resumed(
    work_dir: WorkDir, stage: str, parts: dict[str, Any], minutes: float
) -> tuple[Pace, int]:
    """Put the stage's last checkpoint, if any, into `parts`; its clock and step number."""
    state = work_dir.load_checkpoint(stage)
    if state is None:
        return Pace(minutes * 60), 0
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return Pace(minutes * 60, state["spent_s"]), state["step"]


def _keep(work_dir: WorkDir, stage: str, parts: dict[str, Any], pace: Pace, step: int) -> None:
    state = {name: part.state_dict() for name, part in parts.items()}
    work_dir.save_checkpoint(stage, {**state, "step": step, "spent_s": pace.spent_s})


def _targets(data: FinderSet) -> torch.Tensor:
    """(n, 6, cells, cells): heat 0..1, centre offsets, sizes, and whether a face centres here."""
    count = len(data.boxes)
    targets = np.zeros((count, 6, _CELLS, _CELLS), np.float32)
    rows, columns = np.mgrid[0:_CELLS, 0:_CELLS]
    for index in range(count):
        for slot in range(FACES_MAX):
            box = data.boxes[index, slot]
            if np.isnan(box[0]):
                continue
            x, y = (box[0] + box[2]) / 2 * _CELLS, (box[1] + box[3]) / 2 * _CELLS
            wide, tall = box[2] - box[0], box[3] - box[1]
            column, row = min(_CELLS - 1, max(0, int(x))), min(_CELLS - 1, max(0, int(y)))
            spread = max(0.6, 0.16 * _CELLS * float(min(wide, tall)))
            heat = np.exp(-((columns - column) ** 2 + (rows - row) ** 2) / (2 * spread**2))
            targets[index, 0] = np.maximum(targets[index, 0], heat)
            targets[index, 1:, row, column] = (x - column, y - row, wide, tall, 1.0)
    return torch.from_numpy(targets)


def _finder_loss(found: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross entropy on the heat, its peaks weighted; absolute error on boxes at the peaks."""
    heat, centre = truth[:, 0], truth[:, 5]
    each = functional.binary_cross_entropy_with_logits(found[:, 0], heat, reduction="none")
    boxes = ((found[:, 1:] - truth[:, 1:5]).abs().sum(1) * centre).sum() / centre.sum().clamp_min(1)
    return 20 * (each * (1 + _PEAK_WEIGHT * centre)).mean() + 2 * boxes


@torch.no_grad()
def _rebuilt(work_dir: WorkDir, crops: Any, device: str) -> tuple[Any, Any]:
    """A fifth of the crops through the autoencoder, latents shaken: rows, and their pictures."""
    torch.manual_seed(2)
    vae = load_autoencoder(work_dir, device)
    rows = np.arange(0, len(crops), 5)
    pictures = []
    for start in range(0, len(rows), 64):
        signal = to_signal(crops[rows[start : start + 64]]).to(device)
        with torch.autocast(device, torch.bfloat16):
            latents = vae.encode(signal).latent_dist.mode()
            deviation = 1 / vae.config.scaling_factor
            amount = _LATENT_NOISE_MAX * torch.rand(len(latents), 1, 1, 1, device=device)
            shaken = latents + amount * deviation * torch.randn_like(latents)
            pictures.append(to_pictures(vae.decode(shaken).sample))
    return rows, np.concatenate(pictures)


def _disturbed(signal: torch.Tensor) -> torch.Tensor:
    if torch.rand(()) < 0.4:
        padded = functional.pad(signal, (1, 1, 1, 1), mode="replicate")
        signal = 0.5 * signal + 0.5 * functional.avg_pool2d(padded, 3, 1)
    signal = signal * (1 + 0.1 * torch.randn(len(signal), 1, 1, 1, device=signal.device))
    signal = signal + torch.randn_like(signal) * 0.06 * torch.rand(()).item()
    dx, dy = torch.randint(-1, 2, (2,)).tolist()
    return torch.roll(signal, (dy, dx), (2, 3))
