"""Colours by the profile that an image brings along, in sRGB."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_COLOURS = {"1": "L", "LA": "L", "La": "L", "RGBA": "RGB", "RGBa": "RGB", "RGBX": "RGB", "PA": "RGB", "YCbCr": "RGB"}
_BANDS = frozenset({"L", "RGB", "LA", "RGBA"})
_SRGB, _NEAR, _LEAST_GAMMA = 2.2, 0.05, 0.1
_ALPHA = frozenset({"LA", "La", "RGBA", "RGBa", "PA"})


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """*image* in sRGB by its colour *profile*: grey stays grey, transparency stays.

    Args:
        image: 8 bits a band, no palette.
        profile: An ICC profile.

    Returns:
        The image as it is where the profile is damaged, or is for other colours than the image has.
    """
    alpha = image.convert("RGBA").getchannel("A") if image.mode in _ALPHA else None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        wanted = _MODES.get(source.profile.xcolor_space.strip(), "")
        colours = image.convert("RGBA").convert("RGB") if image.mode in _ALPHA else image
        colours = colours.convert(_COLOURS[image.mode]) if image.mode in _COLOURS else colours
        is_grey = colours.mode == "L"
        if is_grey and wanted == "RGB":
            colours = colours.convert("RGB")
        if colours.mode != wanted:
            return image
        made = _of_grey(colours, source) if wanted == "L" else _of_colours(colours, source)
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError):
        return image
    made = made.convert("L") if is_grey else made
    if alpha is not None:
        made.putalpha(alpha)
    return made


def by_gamma(image: Image.Image, gamma: float) -> Image.Image:
    """*image*, whose numbers are light to the power of *gamma* as its PNG says, in sRGB; transparency stays.

    A gamma of sRGB's own, about 1/2.2, and one that no picture has, change nothing.
    """
    bands = len(image.getbands()) - (image.mode in _ALPHA)
    if not _LEAST_GAMMA <= gamma <= 1 / _LEAST_GAMMA or abs(gamma * _SRGB - 1) < _NEAR or image.mode not in _BANDS:
        return image
    table = [round(255 * (value / 255) ** (1 / (gamma * _SRGB))) for value in range(256)]
    return image.point(table * bands + list(range(256)) * (image.mode in _ALPHA))


def _of_colours(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    made = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return image if made is None else made


def _of_grey(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """*image* by a table of the 256 greys, each exact: as a whole it would be interpolated, and dark greys be off."""
    greys = Image.frombytes("L", (256, 1), bytes(range(256)))
    exact = ImageCms.Flags.NOOPTIMIZE
    made = ImageCms.profileToProfile(greys, profile, ImageCms.createProfile("sRGB"), outputMode="RGB", flags=exact)
    return image if made is None else image.point(list(made.getchannel("G").tobytes()))
