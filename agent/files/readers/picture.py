"""Pictures: measured before they are decoded, handed on without their metadata."""

import io
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from agent.files.limits import FRAMES_PIXELS, PIXELS, VIEW_PIXELS
from agent.files.readers.read import Read
from agent.files.refusals import DAMAGED, Unusable

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_JPEG_QUALITY = 95
_VIEW_QUALITY = 85
_UPRIGHT = 1
_ORIENTATION = 0x0112


def read(body: bytes) -> Read:
    """Its size, and the picture without place, camera and comments.

    Raises:
        Unusable: It is damaged, or has too many pixels.
    """
    Image.MAX_IMAGE_PIXELS = None  # measured below, before anything is decoded
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
            width, height = picture.size
            frames = int(getattr(picture, "n_frames", 1))
            _ensure_small(width * height, frames)
            clean = _clean(picture, body, frames)
            with Image.open(io.BytesIO(clean), formats=_FORMATS) as shown:
                width, height = shown.size
                view = _view(shown)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Unusable(DAMAGED) from None
    size = f"{width:,} x {height:,}"
    return Read(width=width, height=height, clean=clean, facts=size, view=view)


def _ensure_small(pixels: int, frames: int) -> None:
    if pixels > PIXELS:
        millions = f"{pixels / 1e6:,.0f} million pixels"
        raise Unusable(f"it has {millions}, and I open at most {PIXELS // 10**6}.")
    if pixels * frames > FRAMES_PIXELS:
        raise Unusable(f"it has {frames:,} frames, which is too many to open.")


def _clean(picture: Image.Image, body: bytes, frames: int) -> bytes:
    kind = str(picture.format)
    picture.load()
    if kind == "GIF":
        return body  # the format has no place for a camera's notes
    out, turned = io.BytesIO(), picture.getexif().get(_ORIENTATION, _UPRIGHT)
    options: dict[str, Any] = {"JPEG": {"quality": _JPEG_QUALITY}}.get(kind, {})
    if frames > 1:
        picture.save(out, kind, save_all=True, exif=b"", xmp=b"")
        return out.getvalue()
    if turned != _UPRIGHT:
        upright = ImageOps.exif_transpose(picture)
    else:
        upright = picture
        options = {"quality": "keep"} if kind == "JPEG" else options
    profile = picture.info.get("icc_profile")
    upright.info = {}
    upright.save(out, kind, exif=b"", icc_profile=profile, **options)
    return out.getvalue()


def _view(picture: Image.Image) -> bytes:
    """The picture as a model is shown it; of a moving one, how it begins."""
    picture.seek(0)
    # A palette's colours cannot be mixed; the others are made small before they grow.
    whole = picture.convert("RGBA") if picture.mode == "P" else picture
    whole.thumbnail((VIEW_PIXELS, VIEW_PIXELS))
    small = whole.convert("RGBA")
    ground = Image.new("RGB", small.size, "white")
    ground.paste(small, mask=small.getchannel("A"))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=_VIEW_QUALITY)
    return out.getvalue()
