"""What a run of the planner was like, as figures: from spans to plain data, and from these to a page, PNG or terminal.

A wing: the planner itself imports nothing of it. `data` knows spans and nothing of drawing, the others know the data
and nothing of spans.
"""
