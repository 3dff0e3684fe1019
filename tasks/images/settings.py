"""The `validation` and `resize` sections."""

from __future__ import annotations

from typing import Annotated, Literal

from PIL import ImageColor
from pydantic import AfterValidator, Field, FiniteFloat, field_validator, model_validator

from tasks.image_formats import BY_DEFAULT, READ, FormatName
from tasks.images.kernel import HOW_TO_INSTALL, SIMD, SIMD_FILTERS, has_simd
from tasks.step_config import StepConfig

Side = Annotated[int, Field(ge=1, le=16384)]


class ValidationSettings(StepConfig):
    """Which images are good enough.

    Attributes:
        min_side: Minimum length of the shorter side, in pixels.
        max_pixels: The largest image, as width times height. It is checked before anything is decoded.
        max_aspect: The most that the longer side may be of the shorter one; without a limit where it is not set.
        formats: Which formats are accepted, told by the file's content. ``heic`` and ``jxl`` need the extra of that
            name.
        allow_truncated: Keep images that are cut short; the missing part is grey.
        strict_extensions: Reject an image whose name says another format than its content.
        seconds: How long one image may take to decode, resize and encode.
        memory: How many bytes of memory a decoder process may take.
    """

    min_side: int = Field(default=1, ge=1)
    max_pixels: int = Field(default=64_000_000, ge=1)
    max_aspect: float | None = Field(default=None, ge=1)
    formats: tuple[FormatName, ...] = BY_DEFAULT
    allow_truncated: bool = False
    strict_extensions: bool = False
    seconds: float = Field(default=10, gt=0, le=600)
    memory: int = Field(default=1 << 30, ge=1 << 28)

    @field_validator("formats")
    @classmethod
    def _can_be_read(cls, value: tuple[FormatName, ...]) -> tuple[FormatName, ...]:
        for name in value:
            if not READ[name].is_there:
                raise ValueError(f"{name} needs a package that is not installed: pip install 'parquetry[{name}]'")
        return value


def _known_colour(text: str) -> str:
    try:
        ImageColor.getrgb(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a colour: write a name such as white, or #rrggbb") from None
    return text


class ResizeSettings(StepConfig):
    """What every image is resized and converted to.

    Attributes:
        size: Width and height in pixels. For ``shorter`` and ``longer`` the first number is that side.
        mode: ``stretch`` to the size; ``crop`` to fill it and cut out the middle; ``pad`` to fit into it, with the
            background around; ``shorter`` or ``longer``: scale that side to the size, in proportion; ``none``: keep the
            size.
        filter: The resampling filter.
        kernel: What resizes: ``pillow``, or ``simd``, which makes the same picture (50 dB and more) in a third of the
            time, with the filters bilinear, bicubic and lanczos. ``auto`` keeps what made the published pixels. It
            takes the faster one for a new dataset, and where another key makes all pixels anew.
        color: RGB, L (grey) or RGBA; ``keep`` leaves grey images grey and transparent ones transparent.
        background: The colour behind transparent pixels, and around padded images.
        upscale: Whether smaller images are enlarged.
        depth_16: How 16 bits become 8. ``scale`` divides by 257, or by the white that the file names, and rejects an
            image that uses 12 bits or fewer, since it would be nearly black. 10, 12, 14 or 16 says how many bits are
            used. ``range`` stretches the range of each image.
        value_range: Which numbers are black and white in images of floats, 32-bit or signed integers. Without it they
            are rejected.
        icc: ``ignore`` the image's colour profile, or convert it to ``srgb``.
    """

    size: tuple[Side, Side] = (224, 224)
    mode: Literal["stretch", "crop", "pad", "shorter", "longer", "none"] = "crop"
    filter: Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"] = "bicubic"
    kernel: Literal["auto", "pillow", "simd"] = "auto"
    color: Literal["RGB", "L", "RGBA", "keep"] = "RGB"
    background: Annotated[str, AfterValidator(_known_colour)] = "white"
    upscale: bool = True
    depth_16: Literal["scale", "range", "10", "12", "14", "16"] = "scale"
    value_range: tuple[FiniteFloat, FiniteFloat] | None = None
    icc: Literal["ignore", "srgb"] = "ignore"

    @field_validator("kernel")
    @classmethod
    def _is_there(cls, value: str) -> str:
        if value == SIMD and not has_simd():
            raise ValueError(f"simd needs a package that this machine lacks: {HOW_TO_INSTALL}, or write auto or pillow")
        return value

    @field_validator("value_range")
    @classmethod
    def _black_is_not_white(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] == value[1]:
            raise ValueError("black and white must differ, as in [0, 1]")
        return value

    @model_validator(mode="after")
    def _crop_needs_upscaling(self) -> ResizeSettings:
        if not self.upscale and self.mode in {"stretch", "crop"}:
            raise ValueError("`upscale: false` leaves small images small: use mode pad, shorter, longer or none")
        return self

    @model_validator(mode="after")
    def _kernel_has_the_filter(self) -> ResizeSettings:
        if self.kernel == SIMD and self.mode != "none" and self.filter not in SIMD_FILTERS:
            raise ValueError(
                f"`kernel: simd` has the filters {', '.join(SIMD_FILTERS)}: write one of them, or kernel auto or pillow"
            )
        return self
