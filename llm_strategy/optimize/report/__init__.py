"""The optimizer: report."""
