"""Paths of files as they stand in replies: on a line, in the info of a fence, in the first comment of a block.

Only the form is looked at, so that words are not taken for files; where a path may lead is for the store to say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["cleaned", "comment_path", "info_path", "is_path", "line_path", "quoted_paths", "told_path"]

_LONGEST: Final = 300
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f`"<>|*?:=;,]|//')
_WITH_ENDING = re.compile(r"(?:[^\s/\\][^/\\]*)?[^\s/\\.]\.[A-Za-z][A-Za-z0-9_+-]{0,11}")
_NAME = re.compile(
    r"(?:make|docker|container|proc|gem|rake|vagrant|jenkins|just|pip|caddy)file|licen[cs]e|readme|changelog|notice|authors"
    r"|codeowners|gradlew|mvnw|\.(?:git|docker|npm|prettier|eslint|helm|vercel|gcloud)ignore|\.git(?:modules|keep)"
    r"|\.ht(?:access|passwd)|\.nojekyll|\.clang-format|\.(?:tool|node|ruby)-versions?|\.gitattributes|\.env(?:\.\w{1,20})?|\.editorconfig"
    r"|\.(?:npm|nvm|babel|eslint|prettier|pylint|coverage)rc|\.flake8|\.python-version",
    re.IGNORECASE,
)
"""Files without an ending, and those that are nothing but one."""
_PRODUCT = re.compile(
    r"(?:node|vue|next|nuxt|react|express|three|d3|chart)\.js|socket\.io|(?:asp|vb)\.net", re.IGNORECASE
)
"""Names of products that look like names of files."""
_BEFORE = re.compile(r"(?:#{1,6}\s+|[-*+]\s+|\d{1,3}[.)]\s+|>\s+|[^\w\s.`*'\"/\\()\[\]<>#@$~-]+\s*)*")
_LABEL = re.compile(
    r"(?:[^\W\d][\w /-]{0,40}:|(?:the )?(?:new |updated? |complete )?(?:file|create|update|write|rewrite)"
    r"(?:name|path| the file| file)?)\s+",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(
    r"\W{0,9}(?:file|path|file ?name|file ?path)\W{0,4}:[\s*`\"']{0,6}"
    r"(?P<path>(?!none\b|n/a\b)\w[\w.@+/-]{0,200}\w)[*`\"']{0,4}",
    re.IGNORECASE,
)
"""A line that says that its one word is a file, whatever it looks like."""
_ASIDE = re.compile(r"^[=#-]{2,20}\s+|\s+[=#-]{2,20}$|\s+\([^()]{0,80}\)\s*:?$")
"""What may stand beside a path: rules that are drawn, a remark."""
_LEADS = re.compile(r"[*`]{0,3}(\S+?)[*`]{0,3}(?::|\s+[-\u2013\u2014])\s")
"""A path before what is said of it."""
_QUOTED = re.compile(r"\*\*`([^`*\n]{1,300})`:?\*\*|`([^`\n]{1,300})`|\*\*([^*\n]{1,300}?):?\*\*|\"([^\"\n]{1,300})\"")
_REMARK = re.compile(r"\s*:?\s*(?:\([^()]{0,80}\)|[-\u2013\u2014:]\s.{0,200})?\s*:?")
_COMMENT = re.compile(
    r"\s*(?:#+|//+|--|;+|%+|/\*+|<!--|\"\"\"|''')\s*(?P<inside>\S[^\n]{0,300}?)\s*(?:\*/|-->|\"\"\"|''')?\s*"
)
_ATTRIBUTE = re.compile(
    r"\b(?:title|file(?:_?name|_?path)?|path|name|src)\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s\"'{}]+))", re.IGNORECASE
)


def is_path(text: str, known: Collection[str] = ()) -> bool:
    """Return whether a text has the form of a file's path; blanks in it are allowed.

    >>> is_path("src/app.py"), is_path("Makefile"), is_path("and/or"), is_path("Node.js"), is_path("e.g.")
    (True, True, False, False, False)
    """
    if text in known:
        return True
    if not 0 < len(text) <= _LONGEST or _FORBIDDEN.search(text) or _PRODUCT.fullmatch(text):
        return False
    name = text.replace("\\", "/").rpartition("/")[2]
    return _NAME.fullmatch(name) is not None or _WITH_ENDING.fullmatch(name) is not None


def cleaned(path: str) -> str:
    """Return a path without the `./` before it."""
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path


def line_path(line: str, known: Collection[str] = ()) -> str:
    """Return the path that a line is there to name; empty where it is another line.

    A path without an ending has to be called a file: `File: bin/run`.

    >>> [line_path(one) for one in ("### 1. `src/app.py` (new):", "**File: a.js**", "## Code: game.py", "See a.py.")]
    ['src/app.py', 'a.js', 'game.py', '']
    """
    text = _undecorated(line)
    for one in (text, _without_label(text), _ASIDE.sub("", text)):
        found = _alone(one, known) or _quoted_first(one, known)
        if found:
            return found
    explicit = _EXPLICIT.fullmatch(line.strip())
    return explicit["path"] if explicit and "//" not in explicit["path"] else ""


def _undecorated(line: str) -> str:
    """A line without the marks of a heading, a list or a quote."""
    text = line.strip()
    before = _BEFORE.match(text)
    return text[before.end() :] if before else text


def _without_label(text: str) -> str:
    """What stands behind `File:`, also where the label is inside of the emphasis."""
    bare = text.strip("*_` ")
    label = _LABEL.match(bare)
    return bare[label.end() :] if label else ""


def _alone(text: str, known: Collection[str]) -> str:
    bare = text.strip().rstrip(":").strip("*`\"' ").rstrip(":")
    fits = is_path(bare, known) and (" " not in bare or bare in known or text.strip()[:1] in {"`", '"', "*"})
    return cleaned(bare) if fits else ""


def _quoted_first(text: str, known: Collection[str]) -> str:
    match = _QUOTED.match(text.strip())
    if match is None or not _REMARK.fullmatch(text.strip(), match.end()):
        return ""
    found = next(filter(None, match.groups()), "")
    return cleaned(found) if is_path(found, known) else ""


def quoted_paths(text: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """Return the paths that stand in quotes in a text, each once."""
    found = (next(filter(None, match.groups()), "").strip() for match in _QUOTED.finditer(text))
    return tuple(dict.fromkeys(cleaned(one) for one in found if is_path(one, known)))


def told_path(line: str, known: Collection[str] = ()) -> str:
    """Return the one path that a sentence announces a block with; empty where it names none, or several.

    >>> told_path("Let's begin with the `main.py` file:"), told_path("This replaces `a.py` and `b.py`:")
    ('main.py', '')
    >>> told_path("### main.py - the entry point")
    'main.py'
    """
    leads = _LEADS.match(_undecorated(line))
    if leads and is_path(leads[1], known):
        return cleaned(leads[1])
    if not line.rstrip().endswith(":"):
        return ""
    words = {word.strip("`*\"'(),:;") for word in line.split()}
    found = {*quoted_paths(line, known), *(cleaned(word) for word in words if word in known)}
    return found.pop() if len(found) == 1 else ""


def comment_path(line: str, known: Collection[str] = ()) -> str:
    """Return the path that is all that a comment says.

    >>> comment_path("# app/x.py"), comment_path("<!-- x.html -->"), comment_path("# see app/x.py")
    ('app/x.py', 'x.html', '')
    """
    match = _COMMENT.fullmatch(line)
    inside = match["inside"] if match else ""
    for one in (inside, _without_label(inside)):
        if " " not in one and is_path(one.rstrip(":"), known):
            return cleaned(one.rstrip(":"))
    return ""


def info_path(info: str, known: Collection[str] = ()) -> str:
    """Return the path in the info of a fence. A first word without a dot and a slash is the language.

    >>> [info_path(one) for one in ("python app/x.py", 'python title="x.py"', "app/x.py", "python:app/x.py", "python")]
    ['app/x.py', 'x.py', 'app/x.py', 'app/x.py', '']
    """
    attribute = _ATTRIBUTE.search(info)
    if attribute:
        value = next(filter(None, attribute.groups()))
        return cleaned(value) if is_path(value, known) else ""
    for number, token in enumerate(re.split(r"[\s{}()]+", info.lstrip())):
        if not number and "/" not in token and "." not in token and ":" not in token:
            continue  # a language, also where it has the name of a file, such as `dockerfile`
        language, colon, rest = token.partition(":")
        for one in (rest, token) if colon and len(language) > 1 else (token,):
            if is_path(one, known):
                return cleaned(one)
    return ""
