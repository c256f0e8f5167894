"""Reply to typed value: find it, mend what is mechanically mendable, validate it; errors in words for the model."""

from llm_strategy.parsing.finish import check_finish
from llm_strategy.parsing.read_reply import read_reply
from llm_strategy.parsing.reader import Reading, ReplyReader
from llm_strategy.parsing.scan import looks_like_html

__all__ = ["Reading", "ReplyReader", "check_finish", "looks_like_html", "read_reply"]
