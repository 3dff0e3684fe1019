"""The table of pixel formats: how each is told, named, opened, and by which key or package it is admitted.

Adding one is an entry here, its name in `FormatName`, and an image of it in tests/tasks/images/test_formats.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

FormatName = Literal["jpeg", "png", "tiff", "webp", "bmp", "gif", "ppm", "avif", "jpeg2000", "heic", "jxl"]
"""What `validation.formats` may list."""


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """One format of image files.

    Attributes:
        title: What people call it.
        magics: By what its content is told: a place, and the bytes there; one of them is enough.
        suffixes: Ends of names, in lower case, without the dot.
        name: Its name in `validation.formats`; empty where it is never read.
        pillow: Pillow's names for it, the first of which opens it.
        modules: What is imported so that Pillow can.
        modes: Those that its images may have once they are decoded.
        extra: The extra of this package that brings the modules; empty where Pillow has them.
        by_default: Whether it is admitted without being listed.
        is_lossy: Whether its pixels may be off by what it leaves out.
        written: Its name in `write.pixels`; empty where it is not written.
    """

    title: str
    magics: tuple[tuple[int, bytes], ...]
    suffixes: tuple[str, ...]
    name: FormatName | Literal[""] = ""
    pillow: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    extra: str = ""
    by_default: bool = False
    is_lossy: bool = False
    written: str = ""

    def matches(self, data: bytes) -> bool:
        """Whether *data* begin as this format does."""
        return any(data.startswith(magic, place) for place, magic in self.magics)

    @property
    def is_there(self) -> bool:
        """Whether what opens it is installed."""
        return all(find_spec(module) is not None for module in self.modules)


def _brands(*names: str) -> tuple[tuple[int, bytes], ...]:
    return tuple((4, b"ftyp" + name.encode()) for name in names)


FORMATS = (
    ImageFormat(
        title="JPEG",
        magics=((0, b"\xff\xd8\xff"),),
        suffixes=("jpg", "jpeg", "jpe", "jfif", "mpo"),
        name="jpeg",
        pillow=("JPEG", "MPO"),
        modules=("PIL.JpegImagePlugin", "PIL.MpoImagePlugin"),
        modes=("L", "RGB", "CMYK"),
        by_default=True,
        is_lossy=True,
        written="jpeg",
    ),
    ImageFormat(
        title="PNG",
        magics=((0, b"\x89PNG\r\n\x1a\n"),),
        suffixes=("png",),
        name="png",
        pillow=("PNG",),
        modules=("PIL.PngImagePlugin",),
        modes=("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
        by_default=True,
        written="png",
    ),
    ImageFormat(
        title="GIF",
        magics=((0, b"GIF87a"), (0, b"GIF89a")),
        suffixes=("gif",),
        name="gif",
        pillow=("GIF",),
        modules=("PIL.GifImagePlugin",),
        modes=("L", "P", "RGBA"),
        by_default=True,
    ),
    ImageFormat(
        title="BMP",
        magics=((0, b"BM"), (0, b"\x28\0\0\0")),
        suffixes=("bmp", "dib"),
        name="bmp",
        pillow=("BMP", "DIB"),
        modules=("PIL.BmpImagePlugin",),
        modes=("1", "L", "P", "RGB", "RGBA"),
        by_default=True,
    ),
    ImageFormat(
        title="TIFF",
        magics=((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
        suffixes=("tif", "tiff"),
        name="tiff",
        pillow=("TIFF",),
        modules=("PIL.TiffImagePlugin",),
        modes=("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "I;16", "I;16B", "F"),
        by_default=True,
    ),
    ImageFormat(
        title="WebP",
        magics=((8, b"WEBP"),),
        suffixes=("webp",),
        name="webp",
        pillow=("WEBP",),
        modules=("PIL.WebPImagePlugin",),
        modes=("RGB", "RGBA"),
        by_default=True,
        is_lossy=True,
        written="webp",
    ),
    ImageFormat(
        title="PPM",
        magics=tuple((0, b"P%d%c" % (kind, blank)) for kind in range(1, 7) for blank in b" \t\r\n"),
        suffixes=("ppm", "pgm", "pbm", "pnm"),
        name="ppm",
        pillow=("PPM",),
        modules=("PIL.PpmImagePlugin",),
        modes=("1", "L", "RGB", "I"),
        by_default=True,
    ),
    ImageFormat(
        title="AVIF",
        magics=_brands("avif", "avis"),
        suffixes=("avif", "avifs"),
        name="avif",
        pillow=("AVIF",),
        modules=("PIL.AvifImagePlugin",),
        modes=("RGB", "RGBA"),
        is_lossy=True,
    ),
    ImageFormat(
        title="JPEG 2000",
        magics=((0, b"\0\0\0\x0cjP  "), (0, b"\xff\x4f\xff\x51")),
        suffixes=("jp2", "j2k", "j2c", "jpc", "jpf", "jpx"),
        name="jpeg2000",
        pillow=("JPEG2000",),
        modules=("PIL.Jpeg2KImagePlugin",),
        modes=("L", "LA", "RGB", "RGBA", "I;16"),
        is_lossy=True,
    ),
    ImageFormat(
        title="HEIF",
        magics=_brands("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"),
        suffixes=("heic", "heif", "hif"),
        name="heic",
        pillow=("HEIF",),
        modules=("pillow_heif",),
        modes=("L", "LA", "RGB", "RGBA", "I;16"),
        extra="heic",
        is_lossy=True,
    ),
    ImageFormat(
        title="JPEG XL",
        magics=((0, b"\xff\x0a"), (0, b"\0\0\0\x0cJXL ")),
        suffixes=("jxl",),
        name="jxl",
        pillow=("JXL",),
        modules=("pillow_jxl",),
        modes=("L", "LA", "RGB", "RGBA"),
        extra="jxl",
        is_lossy=True,
    ),
    ImageFormat("DICOM", ((128, b"DICM"),), ("dcm", "dicom")),
    ImageFormat("a numpy array", ((0, b"\x93NUMPY"),), ("npy",)),
    ImageFormat("EPS", ((0, b"%!PS"), (0, b"\xc5\xd0\xd3\xc6")), ()),
    ImageFormat("PDF", ((0, b"%PDF"),), ()),
    ImageFormat("Photoshop", ((0, b"8BPS"),), ()),
    ImageFormat("FITS", ((0, b"SIMPLE  ="),), ()),
    ImageFormat("WMF", ((0, b"\xd7\xcd\xc6\x9a"), (0, b"\x01\0\x09\0\0\x03"), (40, b" EMF")), ()),
    ImageFormat("an icon", ((0, b"\0\0\x01\0"), (0, b"icns")), ()),
    ImageFormat("DDS", ((0, b"DDS "),), ()),
    ImageFormat("QOI", ((0, b"qoif"),), ()),
    ImageFormat("OpenEXR", ((0, b"\x76\x2f\x31\x01"),), ()),
    ImageFormat("Radiance HDR", ((0, b"#?RADIANCE"),), ()),
)
"""Every format that is known; those of empty names are told, counted where they have suffixes, and never read."""

READ: dict[str, ImageFormat] = {item.name: item for item in FORMATS if item.name}
"""Those that can be read, by their names in `validation.formats`."""
BY_DEFAULT: tuple[FormatName, ...] = tuple(item.name for item in FORMATS if item.name and item.by_default)
NAME_OF_SUFFIX = {suffix: item.name for item in FORMATS for suffix in item.suffixes}
"""For each suffix the name of its format; empty where that is never read."""
ORIGINAL_EXTENSIONS = frozenset(
    ".wav .mp3 .flac .ogg .m4a .mp4 .avi .mov .mkv .webm .mpg .mpeg .wmv .dcm .dicom .nii .mha .nrrd .npy .npz .mat "
    ".h5 .hdf5 .raw .cr2 .nef .arw .dng .pdf .svs .czi".split()
)
"""Suffixes of what images are made of: recordings, videos, scans. Tables may still call them so."""
IMAGE_EXTENSIONS = frozenset(f".{suffix}" for suffix in NAME_OF_SUFFIX)
"""With the dot: files that are listed and counted as images, whether they can be read or not."""


def format_of(data: bytes) -> ImageFormat | None:
    """The format that *data* begin as; None where none is known."""
    return next((item for item in FORMATS if item.matches(data)), None)
