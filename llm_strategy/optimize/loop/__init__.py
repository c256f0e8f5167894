"""The optimizer: loop."""
