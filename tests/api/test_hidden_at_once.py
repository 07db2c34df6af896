"""Whoever follows their gallery hears of what is hidden without an event an item."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.identity.sandbox import SandboxChoice
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.api.streams import sse

GALLERY = """
subscription($after: Position) { gallery(after: $after) { __typename
  ... on GallerySnapshot { position assets { id } }
  ... on AssetReleased { position asset { id } }
  ... on LabelsChanged { position }
  ... on Lagged { count position } } }
"""


def shown(snapshot: Any) -> set[str]:
    """The pictures of a snapshot."""
    return {str(uuid_of(one["id"])) for one in snapshot["assets"]}


def withdraws(ada: Creator, twin: str) -> None:
    ada.did("withdrawConsent", twin=twin)


def takes_back_pictures(ada: Creator, twin: str) -> None:
    ada.did("takeBackConsentScopes", twin=twin, scopes=["general-images"])


def is_found_under_age(ada: Creator, twin: str) -> None:
    ada.verified(SandboxChoice.UNDER_AGE)


@pytest.mark.parametrize("happens", [withdraws, takes_back_pictures, is_found_under_age])
def test_an_open_gallery_is_seen_anew(
    live: LiveStudio, happens: Callable[[Creator, str], None]
) -> None:
    ada = Creator(live, happens.__name__)
    twin = ada.trained()
    [picture] = ada.finished(ada.images(twin, count=1))
    with sse(ada, GALLERY) as feed:
        first = feed.next()
        assert picture in shown(first.value)
        happens(ada, twin)
        live.settle()
        told = feed.next()
        assert (told.value["__typename"], told.id) == ("Lagged", "")
        assert [event.name for event in feed.rest()] == ["complete"]
    # From where it was, and however often it asks.
    with sse(ada, GALLERY, after=first.id) as feed:
        assert feed.value()["__typename"] == "Lagged"
    with sse(ada, GALLERY) as feed:
        now = feed.value()
    assert picture not in shown(now)
    with sse(ada, GALLERY, after=now["position"]) as feed:
        ada.did("createTag", name="Fog")
        live.settle()
        assert feed.value()["__typename"] == "LabelsChanged"
