"""The optimizer: proposers."""
