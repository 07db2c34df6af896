"""Where a picture comes from, what came of it, and how to ask for the like of it."""

from typing import Any

from api.ids import global_id
from domain.job import Job
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio


def newest(ada: Creator) -> Any:
    """Everything that is told of the newest item of the gallery."""
    return shown(ada, ada.gallery()[0]["id"])


def shown(ada: Creator, asset: str) -> Any:
    return ada.run("Asset", id=asset)["asset"]


def asked_of(draft: Any) -> dict[str, Any]:
    """The input that a draft is, with what it has none of left out."""
    return {name: value for name, value in draft.items() if value is not None}


def test_lineage_is_told_both_ways_and_outlives_a_purge(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.finished(ada.images(twin, count=1, seed=3))
    first = ada.gallery()[0]["id"]
    ada.finished(ada.images(None, count=1, source=first, sourceStrength=0.5))
    remix = newest(ada)
    assert (remix["source"], remix["twin"]) == ({"kind": "REMIX", "asset": first}, twin)
    ada.finished(ada.images(twin, count=1, seed=900, variationOf=first))
    variation = newest(ada)
    assert variation["source"] == {"kind": "VARIATION", "asset": first}
    ada.finished(ada.clips(source=first))
    clip = newest(ada)
    assert clip["source"] == {"kind": "ANIMATION", "asset": first}
    assert shown(ada, first)["derived"] == [
        {"kind": "ANIMATION", "asset": clip["id"]},
        {"kind": "VARIATION", "asset": variation["id"]},
        {"kind": "REMIX", "asset": remix["id"]},
    ]

    ada.did("purgeAsset", asset=clip["id"])
    live.settle()
    assert [one["kind"] for one in shown(ada, first)["derived"]] == ["VARIATION", "REMIX"]
    ada.did("purgeAsset", asset=first)
    live.settle()
    assert shown(ada, first) is None
    for child in (remix, variation):
        now = shown(ada, child["id"])
        assert now["source"] == child["source"]
        assert now["url"] is not None


def test_a_draft_is_what_the_same_picture_is_asked_for_with(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.finished(ada.images(twin, count=1))
    source = ada.gallery()[0]["id"]
    wish = {
        "seed": 7,
        "style": "neon",
        "negativePrompt": "rain",
        "numInferenceSteps": 20,
        "guidanceScale": 6.5,
        "twinStrength": 0.75,
        "source": source,
        "sourceStrength": 0.35,
    }
    first = ada.images(twin, count=2, **wish)
    ada.finished(first)
    second_picture = newest(ada)
    draft = ada.run("Draft", asset=second_picture["id"])
    assert draft["video"] is None
    assert draft["images"] == {
        **wish,
        "engine": "pocket",
        "prompt": "a lighthouse in fog",
        "twin": twin,
        "count": 1,
        "seed": second_picture["seed"],
        "aspectRatio": "1:1",
        "rating": "GENERAL",
    }
    again = ada.did("requestImages", "job", priceVersion=1, **asked_of(draft["images"]))["job"]
    was, now = ada.load(Job, uuid_of(first)), ada.load(Job, uuid_of(again))
    assert (now.settings, now.inputs, now.rating) == (was.settings, was.inputs, was.rating)
    assert [item.seed for item in now.items] == [second_picture["seed"]]


def test_a_draft_is_what_the_same_clip_is_asked_for_with(live: LiveStudio) -> None:
    ada = Creator(live).verified().rich()
    first = ada.clips(durationS=5, seed=11, style="sketch")
    ada.finished(first)
    draft = ada.run("Draft", asset=newest(ada)["id"])
    assert draft["images"] is None
    assert (draft["video"]["motion"], draft["video"]["durationS"]) == ("nod", 5)
    again = ada.did("requestVideo", "job", priceVersion=1, **asked_of(draft["video"]))["job"]
    was, now = ada.load(Job, uuid_of(first)), ada.load(Job, uuid_of(again))
    assert (now.settings, now.inputs) == (was.settings, was.inputs)
    assert [item.seed for item in now.items] == [11]


def test_there_is_no_draft_of_a_sample_of_a_purged_picture_or_of_none(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    live.settle()
    training = ada.ask(
        "{ viewer { ... on Viewer { jobs(first: 1) { edges { node { assets { id } } } } } } }"
    )["jobs"]["edges"][0]["node"]
    sample = training["assets"][0]["id"]
    ada.finished(ada.images(twin, count=1))
    purged = ada.gallery()[0]["id"]
    ada.did("purgeAsset", asset=purged)
    live.settle()
    for asset in (sample, purged, twin, global_id("Asset", uuid_of(twin)), "rubbish"):
        assert ada.run("Draft", asset=asset) is None


def test_what_differs_in_more_than_its_seed_is_no_variation(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.finished(ada.images(twin, count=1))
    refused = ada.mutate(
        "requestImages",
        engine="pocket",
        prompt="a lighthouse at noon",
        count=1,
        priceVersion=1,
        twin=twin,
        variationOf=ada.gallery()[0]["id"],
    )
    assert refused["code"] == "VARIATION_DIFFERS"
