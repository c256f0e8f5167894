"""What a writer's free text asks for: files, changes, files to see, words to search."""

from llm_strategy.planner.replies.format import FORMAT as FORMAT
from llm_strategy.planner.replies.reader import read_work as read_work
from llm_strategy.planner.replies.work import Work as Work
