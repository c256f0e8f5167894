import pytest

from llm_strategy.planner.repository import ranked_files, repository_map


def test_files_that_others_use_come_first():
    files = {
        "aa.py": "from zz import shared\nshared()\n",
        "bb.py": "import zz\nzz.shared()\n",
        "zz.py": "def shared(): ...\n",
    }

    assert repository_map(files, tokens=200).splitlines()[0] == "zz.py (1 line)"


@pytest.mark.parametrize("focus", ["Mend the login page", "Change views/login.py", "Call check_password"])
def test_files_that_the_work_names_come_first(focus):
    files = {f"file{number}.py": f"def f{number}(): ...\n" for number in range(50)}
    files["views/login.py"] = "def check_password(user): ...\n"

    assert repository_map(files, tokens=300, focus=focus).startswith(
        "views/login.py (1 line)\n  def check_password(user)"
    )


@pytest.mark.parametrize("count", [1, 10, 100, 2000])
@pytest.mark.parametrize("tokens", [1, 50, 400])
def test_the_map_does_not_grow_with_the_number_of_files(count, tokens):
    files = {f"pkg/module_{number}.py": f"class C{number}:\n    def f(self): ...\n" * 5 for number in range(count)}

    assert len(repository_map(files, tokens=tokens)) <= max(tokens * 3, len("... and 2000 more files"))


def test_what_is_left_out_is_counted():
    files = {f"m{number}.py": "" for number in range(9)}

    assert repository_map(files, tokens=20).splitlines()[-1].startswith("... and ")
    assert "more" not in repository_map(files, tokens=200)


def test_a_large_file_leaves_room_for_the_names_of_others():
    files = {"big.py": "\n".join(f"def f{number}(): ..." for number in range(999)), "small.py": "x = 1\n"}

    told = repository_map(files, tokens=200)
    assert "small.py (1 line)" in told
    assert "more" in told


def test_an_empty_workspace_has_an_empty_map():
    assert repository_map({}, tokens=100) == ""


def test_a_name_that_many_files_define_leads_nowhere():
    alike = {f"m{n:02}.py": "def main(): ...\n" for n in range(11)}
    files = {**alike, "start.py": "from rare import only\nmain()\nonly()\n", "rare.py": "def only(): ...\n"}

    assert ranked_files(files)[0] == "rare.py"
