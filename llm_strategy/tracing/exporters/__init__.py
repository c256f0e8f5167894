"""Showing and sending recorded traces: a wing, which nothing in the library imports.

Each module takes a `RecordedTrace` and knows one form of it: lines of a terminal, an HTML page, trace events of Chrome,
OTLP, Weights & Biases. What they need beyond the library is imported when they are used.
"""
