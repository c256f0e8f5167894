"""A worker in a process of its own: how it is started, spoken to, watched and ended."""
