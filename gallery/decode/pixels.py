"""Pixels in, pixels out: turned, shrunk, in sRGB, bare. Knows no files and no limits."""

import hashlib
import io

from PIL import Image, ImageCms, JpegImagePlugin

from gallery.decode import colours

PREVIEW = (1200, 630)
PLANES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # colour space of a profile -> Pillow's mode
UPRIGHT = {  # EXIF orientation -> what turns it upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION = 0x0112
ENCODING = "encoding"  # where a picture carries what its colours mean, if a file names that without a profile
FILLED = "filled"  # where a JPEG without its end carries another version, the same unless pixels are missing
ROWS = 64  # read at a time


def orientation(picture: Image.Image) -> int:
    """How the camera was held, 1 to 8 as in EXIF; 1 where that cannot be read.

    Not by `getexif`, which asks the XMP packet too: no browser does.
    """
    exif = Image.Exif()
    try:
        exif.load(picture.info.get("exif") or b"")
        value = exif.get(ORIENTATION, 1)
    except Exception:  # a damaged EXIF block spoils no good picture
        return 1
    return value if value in UPRIGHT else 1


def draft(picture: Image.Image, spare: float) -> None:
    """Let the JPEG decoder shrink by the largest of its divisors that is not above `spare`."""
    divisor = next((number for number in (8, 4, 2) if number <= spare), 1)
    size = picture.width // divisor, picture.height // divisor
    for each in (picture, picture.info.get(FILLED)):
        if isinstance(each, JpegImagePlugin.JpegImageFile):
            each.draft(None, size)


def plain(picture: Image.Image) -> Image.Image:
    """The picture in a mode that can be resampled: L, LA, RGB, RGBA or CMYK."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if "transparency" in picture.info or picture.mode == "PA":
        return picture.convert("RGBA")
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in {"L", "LA", "RGB", "RGBA", "CMYK"} else picture.convert("RGB")


def scaled(picture: Image.Image, scale: float) -> Image.Image:
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    if picture.size == size:
        return picture
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def bounded(picture: Image.Image, longest: int) -> Image.Image:
    """An opened picture upright, its longest side at `longest` pixels at most; never enlarged."""
    return upright(scaled(plain(picture), min(1.0, longest / max(picture.size))), picture)


def narrowed(picture: Image.Image, width: int) -> Image.Image:
    """The picture at most `width` pixels wide; never enlarged."""
    return scaled(picture, min(1.0, width / picture.width))


def upright(picture: Image.Image, source: Image.Image) -> Image.Image:
    turn = UPRIGHT.get(orientation(source))
    return picture if turn is None else picture.transpose(turn)


def bare(picture: Image.Image) -> Image.Image:
    """A new picture of the pixels alone: no metadata comes along; transparency lies on white."""
    mode = picture.mode.removesuffix("A")
    ground = Image.new(mode, picture.size, "white")
    if mode == picture.mode:
        ground.paste(picture)
    else:
        ground.paste(picture.convert(mode), mask=picture.getchannel("A"))
    return ground


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB, from the colours that `profile` gives to the values; one that does not fit is ignored."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = PLANES.get(source.profile.xcolor_space.strip())
            if mode == "RGB" and picture.mode == "L":
                picture = picture.convert("RGB")
            if mode == picture.mode:
                target = ImageCms.createProfile("sRGB")
                return ImageCms.profileToProfile(picture, source, target, outputMode="RGB") or picture
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def finished(picture: Image.Image, source: Image.Image) -> Image.Image:
    """Without transparency or metadata, in sRGB. `source` is the picture as it was opened."""
    profile, encoding = source.info.get("icc_profile"), source.info.get(ENCODING)
    plain_colours = in_srgb(bare(picture), profile)
    return colours.in_srgb(plain_colours, encoding) if encoding and not profile else plain_colours


def digest(picture: Image.Image) -> str:
    """The same (hex) for the same pixels, however they were packed; in strips, for they may be many."""
    seen = hashlib.sha256(f"{picture.mode} {picture.size}".encode())
    for top in range(0, picture.height, ROWS):
        strip = (0, top, picture.width, min(top + ROWS, picture.height))
        seen.update(picture.crop(strip).tobytes())
    return seen.hexdigest()


def on_own_ground(picture: Image.Image) -> Image.Image:
    """The whole picture in the middle of PREVIEW, on the blur of its own colours."""
    width, height = PREVIEW
    few = picture.resize((12, 6), Image.Resampling.BOX)
    calm = Image.blend(few, few.resize((1, 1), Image.Resampling.BOX).resize(few.size), 0.5)
    ground = calm.resize(PREVIEW, Image.Resampling.BICUBIC)
    whole = scaled(picture, min(width / picture.width, height / picture.height))
    ground.paste(whole, ((width - whole.width) // 2, (height - whole.height) // 2))
    return ground
