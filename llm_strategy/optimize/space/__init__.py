"""The optimizer: space."""
