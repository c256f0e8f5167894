"""The optimizer: store."""
