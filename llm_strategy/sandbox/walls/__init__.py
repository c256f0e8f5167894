"""What bodies for Linux have in common: filters of system calls, and the self-probe that tries every wall."""
