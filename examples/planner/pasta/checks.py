"""What the recipe book has to hold, as checks of its files: only what the task says.

Each check takes the texts by path, and returns what is missing; '' where nothing is.
"""

import re
from collections.abc import Mapping

DISHES = ("carbonara", "amatriciana", "pesto", "rag")


def check_every_dish_has_a_chapter_of_its_own(files: Mapping[str, str]) -> str:
    chapters = _chapters(files)
    missing = [dish for dish in DISHES if dish not in chapters]
    return f"no chapter about {', '.join(missing)}" if missing else _twice(chapters)


def check_every_recipe_has_a_list_of_ingredients_with_amounts(files: Mapping[str, str]) -> str:
    return _lacking(
        files, lambda text: len(re.findall(r"^\s*[-*+] .*\d", _section(text, "ingredients"), re.MULTILINE)) >= 3
    )


def check_every_recipe_has_numbered_steps(files: Mapping[str, str]) -> str:
    return _lacking(files, lambda text: len(re.findall(r"^\s*\d+[.)] ", _section(text, "method"), re.MULTILINE)) >= 3)


def check_every_recipe_says_how_many_it_serves(files: Mapping[str, str]) -> str:
    words = re.compile(r"(serv|people|person|portion)", re.IGNORECASE)
    return _lacking(files, lambda text: any(words.search(line) and _has_number(line) for line in text.splitlines()))


def check_every_recipe_says_how_long_it_takes(files: Mapping[str, str]) -> str:
    return _lacking(files, lambda text: re.search(r"\d+[ -]*min", text, re.IGNORECASE) is not None)


def check_the_contents_link_to_every_chapter(files: Mapping[str, str]) -> str:
    paths = set(_chapters(files).values())
    for text in files.values():
        targets = {link.split("#")[0].rpartition("/")[2] for link in re.findall(r"\]\(<?([^)>\s]+)", text)}
        if len(paths) >= len(DISHES) and all(path.rpartition("/")[2] in targets for path in paths):
            return ""
    return "no page links to all chapters"


def _chapters(files: Mapping[str, str]) -> dict[str, str]:
    """Return the path of the chapter about each dish: the one whose first heading names it."""
    found: dict[str, str] = {}
    for path, text in files.items():
        heading = re.search(r"^#{1,2} +(.+)$", text, re.MULTILINE)
        for dish in DISHES:
            if path.endswith(".md") and heading and re.search(rf"\b{dish}", heading[1], re.IGNORECASE):
                found.setdefault(dish, path)
    return found


def _twice(chapters: Mapping[str, str]) -> str:
    return "" if len(set(chapters.values())) == len(chapters) else "several dishes share a chapter"


def _section(text: str, name: str) -> str:
    """Return what stands below the heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) +[^\n]*{name}[^\n]*$", text, re.MULTILINE | re.IGNORECASE)
    if found is None:
        return ""
    rest = text[found.end() :]
    after = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: after.start()] if after else rest


def _has_number(line: str) -> bool:
    return re.search(r"\d|\b(two|three|four|five|six|eight)\b", line, re.IGNORECASE) is not None


def _lacking(files: Mapping[str, str], has) -> str:
    chapters = _chapters(files)
    lacking = [dish for dish in DISHES if dish not in chapters or not has(files[chapters[dish]])]
    return f"not in the recipe of {', '.join(lacking)}" if lacking else ""
