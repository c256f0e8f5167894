"""The optimizer: engines."""
