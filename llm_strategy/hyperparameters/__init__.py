"""Hyperparameters: typed values that shape a call, changed in a scope and not in the code."""
