import pytest

from llm_strategy.errors import InputError
from llm_strategy.files import checked_path


@pytest.mark.parametrize(
    ("path", "spelt"),
    [
        ("a.py", "a.py"),
        ("./a.py", "a.py"),
        ("src//b/./c.py", "src/b/c.py"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        ("größe.md", "größe.md"),
        ("a b/c d.txt", "a b/c d.txt"),
        ("x" * 255, "x" * 255),
    ],
)
def test_a_path_below_a_folder_has_one_spelling(path, spelt):
    assert checked_path(path) == spelt


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "names no file"),
        (".", "names no file"),
        ("/etc/passwd", "absolute"),
        ("//server/share", "absolute"),
        ("../x", "leaves"),
        ("a/../../x", "leaves"),
        ("a/..", "leaves"),
        ("C:/x", "':'"),
        ("C:\\x", "character"),
        ("..\\x", "character"),
        ("a\0b", "character"),
        ("a\nb", "character"),
        ("file.txt:stream", "character"),
        ("nul", "Windows"),
        ("src/CON.py", "Windows"),
        ("com1", "Windows"),
        ("aux .txt", "Windows"),
        ("name.", "ends in"),
        ("name ", "ends in"),
        ("a/", "folder"),
        ("x" * 256, "256 bytes"),
        ("é" * 128, "256 bytes"),
        ("o\u0308.md", "NFC"),
        ("\ud800.md", "surrogate"),
        ("/".join("a" * 40), "too long"),
        ("ab/" * 400 + "c", "too long"),
    ],
)
def test_a_path_that_leaves_or_means_something_else_is_refused(path, told):
    with pytest.raises(InputError, match=told):
        checked_path(path)
