"""The optimizer: search."""
