"""Where many calls are carried out: threads of this process, or the machines of a Ray cluster."""
