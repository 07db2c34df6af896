"""All read models, in the order in which each fact passes through them."""

from projections.account import account
from projections.catalogue import policies, price_lists
from projections.gallery import gallery
from projections.gallery_order import gallery_order
from projections.jobs import jobs
from projections.prompt_words import prompt_words
from projections.publish_packs import publish_packs
from projections.purchases import purchases
from projections.read_model import ReadModel
from projections.source_photos import source_photos
from projections.twins import twins
from projections.wallet import wallet

READ_MODELS: tuple[ReadModel, ...] = (
    account,
    twins,
    source_photos,
    # Before the gallery, which copies what a job asked for.
    jobs,
    prompt_words,
    gallery,
    gallery_order,
    publish_packs,
    wallet,
    purchases,
    price_lists,
    policies,
)
