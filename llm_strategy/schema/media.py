"""Images, audio and files as arguments: what a model sees, hears or reads besides text.

Media are inputs only. Local files are read when the object is made, so that a missing file is an error there; what
stands at an address is fetched by the provider, never by this library. Data that are read back (JSON, replies) can hold
bytes and http(s) addresses, never paths: nobody makes a program read a file by naming it.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, Self, TypeAlias, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

from pydantic_core import CoreSchema, core_schema

from llm_strategy.errors import InputError
from llm_strategy.messages import Attachment
from llm_strategy.schema.media_pictures import encoded_picture
from llm_strategy.schema.media_types import sniffed

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

__all__ = ["MAX_BYTES", "Audio", "File", "Image", "Media", "MediaMark"]

Kind: TypeAlias = Literal["image", "audio", "file"]
M = TypeVar("M", bound="Media")

MAX_BYTES = 20_000_000
"""The most bytes that one of them may have, where nothing else is said: about what providers take."""


class Media:
    """Something that is no text. Made as `Image(...)`, `Audio(...)` or `File(...)`."""

    kind: ClassVar[Kind] = "file"

    media_type: str
    """Its type, such as `image/png`; '' where an address does not tell."""
    data: bytes
    """Its bytes; empty where it is an address."""
    url: str
    """Its address; '' where it is bytes."""
    name: str
    """Name of the file, where there is one."""

    def __init__(
        self,
        source: str | bytes | bytearray | memoryview | Path | Any,
        *,
        media_type: str | None = None,
        name: str | None = None,
        limit: int = MAX_BYTES,
    ) -> None:
        url = source if isinstance(source, str) and _is_address(source) else ""
        data, found, own = (b"", "", "") if url else _read(source, self.kind, limit)
        _check_size(source, len(data), limit)
        names = name if name is not None else own or Path(urlsplit(url).path).name
        told = media_type or found or (mimetypes.guess_type(names)[0] or "" if url else sniffed(data, names))
        for field, value in (("media_type", told), ("data", data), ("url", url), ("name", names)):
            vars(self)[field] = value
        self._check(source)

    def _check(self, source: object) -> None:
        expected = f"{self.kind}/"
        if self.url or self.kind == "file" or self.media_type.startswith(expected):
            return
        found = self.media_type or "of no type that is known here"
        raise InputError(
            f"{_shown(source)} is {found}, and no {self.kind}. Pass File(...) for what is neither image nor audio, or "
            f"say what it is with media_type={expected + '...'!r}."
        )

    @classmethod
    def from_base64(cls, text: str, *, media_type: str | None = None, name: str = "", limit: int = MAX_BYTES) -> Self:
        """Return what stands behind base64 text. Raises InputError: it is none, or not of this kind."""
        return cls(_decoded(text), media_type=media_type, name=name, limit=limit)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal digits; of an address, of the address."""
        return sha256(self.data or self.url.encode()).hexdigest()

    def attachment(self) -> Attachment:
        """Return it as it stands in a message."""
        return Attachment(self.kind, self.media_type, self.data, self.url, self.name)

    def told(self) -> str:
        """Return what traces and errors say of it: its type, its size, and the beginning of its hash."""
        about = self.url or f"{len(self.data)} bytes, sha256 {self.digest[:12]}"
        return f"{self.kind} {self.media_type or 'of unknown type'}, {about}"

    def __shown__(self) -> MediaMark:
        """Return what stands for it among the data of a prompt."""
        return MediaMark(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})" if self.url else f"<{type(self).__name__}: {self.told()}>"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Media):
            return NotImplemented
        own, others = (one.attachment() for one in (self, other))
        return own == others

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}(...) cannot be changed. Make another one.", name=name, obj=self)

    def __hash__(self) -> int:
        return hash((type(self), self.media_type, self.digest))

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        read = core_schema.no_info_plain_validator_function(cls._from_data)
        return core_schema.json_or_python_schema(
            json_schema=read,
            python_schema=core_schema.union_schema(
                [core_schema.is_instance_schema(cls), read],
                custom_error_type="media",
                custom_error_message=f"Input should be {cls.__name__}(...)",
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(_data_of, info_arg=True),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text = {"type": "string"}
        names = dict.fromkeys(("media_type", "data", "url", "name"), text)
        return {"type": "object", "properties": {**names, "data": {**text, "contentEncoding": "base64"}}}

    @classmethod
    def _from_data(cls, data: Any) -> Self:
        """Read it from JSON data: bytes as base64, or an address; never from a path."""
        if not isinstance(data, dict):
            raise ValueError(f"{cls.__name__}(...) is expected")  # noqa: TRY004 (pydantic takes this for a misfit)
        fields: dict[str, Any] = {**data}  # pyright: ignore[reportUnknownVariableType]
        url, name, media_type = (fields.get(one) or "" for one in ("url", "name", "media_type"))
        if url and not _is_address(str(url)):
            raise ValueError("an address begins with http:// or https://")
        source: Any = str(url) or _decoded(str(fields.get("data") or ""))
        return cls(source, media_type=str(media_type) or None, name=str(name) or None)


class Image(Media):
    r"""An image for a model to see: from a path, an http(s) address, bytes, a data URL, a PIL image or a NumPy array.

    >>> photo = Image(b"\x89PNG\r\n\x1a\n...")
    >>> photo.media_type, len(photo.data)
    ('image/png', 11)
    >>> Image("https://example.org/map.png")
    Image('https://example.org/map.png')

    A text is a path, an address or a data URL; base64 text goes to `Image.from_base64`. The type is told by the first
    bytes. An array has the shape (height, width), or that with 1, 3 or 4 channels, of `uint8`.

    Raises:
        InputError: there is no such file, it is too large, or no image.
    """

    kind: ClassVar[Kind] = "image"


class Audio(Media):
    """Sound for a model to hear: from a path, an http(s) address, bytes, or a data URL; see `Image`."""

    kind: ClassVar[Kind] = "audio"


class File(Media):
    """A document for a model to read: from a path, an http(s) address, bytes, or a data URL; see `Image`.

    One that is text is shown as text, which every model can read; others, such as PDF, go to models that take them.
    """

    kind: ClassVar[Kind] = "file"

    @property
    def text(self) -> str | None:
        """What it says, where it is text."""
        if self.url or not self.media_type.startswith(("text/", "application/json")):
            return None
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None


class MediaMark(str):
    """Stands among the data of a prompt for something that is no text; reads as what it is."""

    __slots__ = ("media",)

    media: Media

    def __new__(cls, media: Media) -> Self:
        """Return the mark of one of them."""
        mark = super().__new__(cls, f"[{media.told()}]")
        mark.media = media
        return mark

    def __reduce__(self) -> tuple[type[Self], tuple[Media]]:
        return type(self), (self.media,)


_BUFFERS = (bytes, bytearray, memoryview)


def _is_address(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _shown(source: object) -> str:
    return f"{type(source).__name__} data" if isinstance(source, _BUFFERS) else repr(source)[:200]  # pyright: ignore[reportUnknownArgumentType]


def _read(source: Any, kind: str, limit: int) -> tuple[bytes, str, str]:
    """Return bytes, their type where it is told, and the name of the file."""
    if isinstance(source, bytes | bytearray | memoryview):
        data: Any = source  # pyright: ignore[reportUnknownVariableType]  # of any item type
        return bytes(data), "", ""
    if isinstance(source, str) and source[:5].lower() == "data:":
        return (*_of_data_url(source), "")
    if isinstance(source, str) and "://" in source[:20]:
        scheme = source.partition("://")[0]
        raise InputError(f"{source[:200]!r} has the scheme {scheme!r}. Pass an http(s) address, a path, or bytes.")
    if isinstance(source, str | Path):
        path = Path(source)
        return _file(path, limit), "", path.name
    picture = encoded_picture(source) if kind == "image" else None
    if picture is None:
        raise InputError(
            f"A {type(source).__name__!r} object is nothing that {kind} data can be read from. Pass a path, an http(s) "
            "address, bytes, or a data URL."
        )
    return picture, "image/png", ""


def _check_size(source: object, size: int, limit: int) -> None:
    if size > limit:
        raise InputError(
            f"{_shown(source)} has {size} bytes, and {limit} are the limit. Make it smaller, or raise `limit` where "
            "the provider takes more."
        )


def _file(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            _check_size(path, path.stat().st_size, limit)
            return file.read(limit + 1)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{str(path)[:200]!r} cannot be read: {why}. Pass the path of a file, an http(s) address, or bytes; base64 "
            "text goes to from_base64()."
        ) from error


def _of_data_url(url: str) -> tuple[bytes, str]:
    head, comma, body = url[5:].partition(",")
    media_type, *parameters = head.split(";")
    if not comma:
        raise InputError(f"{url[:60]!r} is no data URL: it has no comma. Write data:image/png;base64,...")
    return (_decoded(body) if "base64" in parameters else unquote_to_bytes(body)), media_type


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"{text[:60]!r} is no base64 text: {error}.") from error


def _data_of(media: Media, info: core_schema.SerializationInfo) -> Media | dict[str, str]:
    if info.mode != "json":
        return media
    data = {"media_type": media.media_type, "url": media.url, "name": media.name}
    encoded = {} if media.url else {"data": base64.b64encode(media.data).decode()}
    return {name: text for name, text in data.items() if text} | encoded
