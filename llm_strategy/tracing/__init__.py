"""Traces: what happened in a call, as spans that can be kept, looked at and summed up."""
