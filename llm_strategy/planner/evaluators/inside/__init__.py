"""What runs in the sandbox to have tests run: programs of our own, sent there as text. Standard library only."""
