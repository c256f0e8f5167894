from llm_strategy.planner.file_store.search import hits_in


def test_lines_are_counted_as_editors_count_them():
    assert [hit.line for hit in hits_in([("a.py", "x = '\x0c\u2028\x85'\ntwo\n")], "two")] == [2]
