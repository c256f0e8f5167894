"""Plans: programs that read a task's instruction, and write the actions that solve it with the tools.

One family a file. They read the words of the instruction, the names of the tools and the type of the answer; none looks
at the expected value, and none knows a task by name. What they cannot read is an error, not a guess.
"""
