"""One picture of a demo: photos → training samples → pictures → clip, a row block per twin."""

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from processes.demo.released_files import spread_frames
from processes.demo.story import Clip, Picture, Story

TILE_PX = 220
CAPTION_PX = 58
CAPTION_WIDTH = 33
CAPTION_LINES = 3
GAP_PX = 8
COLUMNS = 12
PAPER, INK, FAINT = (251, 250, 247), (29, 31, 36), (120, 124, 134)


def contact_sheet(stories: Sequence[Story], path: Path) -> None:
    """Write the sheet as a PNG."""
    blocks = [_block(story) for story in stories]
    width = max(block.width for block in blocks)
    sheet = Image.new("RGB", (width, sum(block.height for block in blocks)), PAPER)
    top = 0
    for block in blocks:
        sheet.paste(block, (0, top))
        top += block.height
    sheet.save(path, optimize=True)


def _block(story: Story) -> Image.Image:
    rows = [
        ("photos", [Picture(photo, "") for photo in story.photos]),
        ("training samples", story.samples),
        ("pictures of the twin", story.images),
        *(
            ("a clip of one of them, from its first frame to its last", _strip(c))
            for c in story.clips
        ),
        *(("a picture and a remix of it", [r.source, r.picture]) for r in story.remixes),
    ]
    row_height = TILE_PX + CAPTION_PX + 32
    width = COLUMNS * (TILE_PX + GAP_PX) + GAP_PX
    block = Image.new("RGB", (width, 40 + row_height * len(rows)), PAPER)
    draw = ImageDraw.Draw(block)
    likeness = "" if story.similarity is None else f"   likeness {story.similarity:.2f}"
    draw.text((GAP_PX, 6), f"{story.name}{likeness}", INK, ImageFont.load_default(26))
    for index, (title, pictures) in enumerate(rows):
        top = 42 + index * row_height
        draw.text((GAP_PX, top), title, FAINT, ImageFont.load_default(18))
        for column, picture in enumerate(pictures[:COLUMNS]):
            left = GAP_PX + column * (TILE_PX + GAP_PX)
            _tile(block, draw, picture, left, top + 26)
    return block


def _strip(clip: Clip) -> list[Picture]:
    frames = spread_frames(clip.files[".mp4"], COLUMNS)
    return [Picture(frames[0], clip.caption), *(Picture(frame, "") for frame in frames[1:])]


def _tile(
    block: Image.Image, draw: ImageDraw.ImageDraw, picture: Picture, left: int, top: int
) -> None:
    image = Image.open(io.BytesIO(picture.data)).convert("RGB")
    image.thumbnail((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
    block.paste(image, (left + (TILE_PX - image.width) // 2, top + (TILE_PX - image.height) // 2))
    lines = textwrap.wrap(picture.caption, CAPTION_WIDTH)[:CAPTION_LINES]
    draw.multiline_text(
        (left, top + TILE_PX + 2), "\n".join(lines), FAINT, ImageFont.load_default(15), spacing=1
    )
