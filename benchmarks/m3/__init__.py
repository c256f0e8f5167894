"""The parts of the benchmark m3tooleval: tools one family a file, plans that solve the tasks, and what runs them."""
