"""Images, audio and files as arguments."""

import base64
import copy
import pickle
import zlib

import numpy as np
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from llm_strategy import Audio, File, Image
from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.messages import Attachment
from llm_strategy.schema import output_schema, to_jsonable

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
WAV = b"RIFF\x10\0\0\0WAVEdata"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8", "image/webp"),
        (b"BM\0\0\0\0\0\0", "image/bmp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
    ],
)
def test_the_type_of_an_image_is_told_by_its_first_bytes(data, media_type):
    assert Image(data).media_type == media_type


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (WAV, "audio/wav"),
        (b"ID3\4\0", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"OggS\0", "audio/ogg"),
        (b"fLaC\0", "audio/flac"),
        (b"\0\0\0\x1cftypM4A ", "audio/mp4"),
    ],
)
def test_the_type_of_sound_is_told_by_its_first_bytes(data, media_type):
    assert Audio(data).media_type == media_type


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (b"%PDF-1.7", "", "application/pdf"),
        (b"a,b\n1,2", "table.csv", "text/csv"),
        (b"{}", "data.json", "application/json"),
        (b"words", "picture.png", "text/plain"),
        (b"BMW is a car", "", "text/plain"),
        (b"PK\x03\x04", "x.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04", "", "application/zip"),
        (b"a\0b", "", "application/octet-stream"),
        (b"\xff\xfe\xfa", "", "application/octet-stream"),
        (b"a" * 4095 + "é".encode(), "", "text/plain"),
    ],
)
def test_the_type_of_a_file_is_told_by_its_bytes_and_its_name(data, name, media_type):
    assert File(data, name=name).media_type == media_type


def test_a_file_is_read_when_the_object_is_made(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(PNG)

    for source in (path, str(path)):
        photo = Image(source)
        assert (photo.data, photo.name, photo.media_type) == (PNG, "photo.png", "image/png")
    path.unlink()
    assert photo.data == PNG


def test_what_cannot_be_read_is_an_error_at_once(tmp_path):
    with pytest.raises(InputError, match=r"nowhere.png' cannot be read: No such file"):
        Image(tmp_path / "nowhere.png")
    with pytest.raises(InputError, match="cannot be read"):
        Image(tmp_path)
    with pytest.raises(InputError, match="cannot be read: embedded null"):
        Image("a\0b")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.pdf"
    path.write_bytes(b"%PDF-" + b"x" * 100)

    with pytest.raises(InputError, match="has 105 bytes, and 50 are the limit"):
        File(path, limit=50)
    with pytest.raises(InputError, match="bytes data has 14 bytes"):
        Image(PNG, limit=5)


def test_an_address_is_kept_and_never_fetched():
    photo = Image("HTTPS://example.org/a%20map.PNG?size=3")

    assert photo.attachment() == Attachment("image", "image/png", b"", photo.url, "a%20map.PNG")
    assert Image("https://example.org/x").media_type == ""


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/x.png", "javascript://x"])
def test_other_addresses_are_refused(address):
    with pytest.raises(InputError, match="has the scheme"):
        Image(address)


def test_data_urls_and_base64_are_decoded():
    text = base64.b64encode(PNG).decode()

    assert Image(f"data:image/png;base64,{text}").data == PNG
    assert File("data:text/plain,a%20b").text == "a b"
    assert Image.from_base64(text[:4] + "\n" + text[4:]) == Image(PNG)


def test_what_is_no_base64_is_refused():
    for make in (lambda: Image.from_base64("!"), lambda: Image("data:image/png;base64,!")):
        with pytest.raises(InputError, match="no base64 text"):
            make()
    with pytest.raises(InputError, match="has no comma"):
        Image("data:image/png")


def test_an_image_has_to_be_one():
    with pytest.raises(InputError, match=r"application/pdf, and no image. Pass File\(...\)"):
        Image(b"%PDF-1.7")
    with pytest.raises(InputError, match="nothing that audio data can be read from"):
        Audio(3)
    assert Image(b"raw", media_type="image/x-raw").media_type == "image/x-raw"


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1), (2, 3, 3), (2, 3, 4)])
def test_an_array_is_an_image(shape):
    pixels = np.arange(np.prod(shape), dtype="uint8").reshape(shape)

    photo = Image(pixels)

    start = photo.data.index(b"IDAT") + 4
    raw = zlib.decompress(photo.data[start:])
    width = 3 * (shape[2] if len(shape) == 3 else 1)
    assert photo.media_type == "image/png"
    assert raw[1 : 1 + width] == pixels.reshape(2, -1)[0].tobytes()


@pytest.mark.parametrize("array", [np.zeros((2, 2)), np.zeros((2,), "uint8"), np.zeros((0, 2), "uint8")])
def test_an_array_that_is_no_image_is_refused(array):
    with pytest.raises(InputError, match=r"is no image\. Pass uint8"):
        Image(array)


def test_a_pil_image_is_an_image():
    pillow = pytest.importorskip("PIL.Image")

    for mode in ("RGB", "CMYK", "P"):
        assert Image(pillow.new(mode, (2, 2))).media_type == "image/png"


def test_media_are_values():
    assert Image(PNG) == Image(PNG)
    assert Image(PNG) != File(PNG)
    assert Image(PNG) != Image(PNG + b"x")
    assert len({Image(PNG), Image(PNG), Image("https://x/y.png")}) == 2
    for again in (pickle.loads(pickle.dumps(Image(PNG))), copy.deepcopy(Image(PNG))):
        assert again == Image(PNG)
    assert Image(PNG) != PNG
    with pytest.raises(AttributeError, match="cannot be changed"):
        Image(PNG).data = b""


def test_the_bytes_are_not_shown():
    assert repr(Image(PNG)) == f"<Image: image image/png, 14 bytes, sha256 {Image(PNG).digest[:12]}>"
    assert "pixels" not in str(to_jsonable({"photo": [Image(PNG)]}))
    assert repr(Image("https://x/y.png")) == "Image('https://x/y.png')"


class Page(BaseModel):
    scan: Image
    sounds: list[Audio] = []


def test_they_can_be_fields_of_models():
    page = Page(scan=Image(PNG), sounds=[Audio(WAV)])

    assert Page.model_validate_json(page.model_dump_json()) == page
    assert page.model_dump()["scan"] == Image(PNG)
    assert Page(scan={"url": "https://x/y.png"}).scan == Image("https://x/y.png")
    assert Page.model_json_schema()["properties"]["scan"]["type"] == "object"


@pytest.mark.parametrize("data", ["/etc/passwd", {"url": "/etc/passwd"}, {"data": "!"}, {"data": "aGk="}, 3])
def test_data_name_no_files_of_this_machine(data):
    with pytest.raises(ValidationError):
        TypeAdapter(Image).validate_python(data)


@pytest.mark.parametrize("kind", [Image, list[Audio], File | None, Page])
def test_a_model_cannot_write_them(kind):
    with pytest.raises(DefinitionError, match="images, audio and files are inputs only"):
        output_schema(kind)


@pytest.mark.parametrize(("mode", "saved"), [("RGB", "RGB"), ("CMYK", "RGB"), ("P", "P")])
def test_a_picture_of_pil_is_saved_as_png(mode, saved):
    class Picture:
        """What we need of `PIL.Image.Image`."""

        def __init__(self, mode):
            self.mode = mode

        def convert(self, mode):
            return type(self)(mode)

        def save(self, buffer, form):
            buffer.write(PNG + f"{form} {self.mode}".encode())

    Picture.__module__, Picture.__name__ = "PIL.Image", "Image"

    assert Image(Picture(mode)).data == PNG + f"PNG {saved}".encode()
