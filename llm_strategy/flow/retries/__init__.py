"""Sending a request again where the network, the server or the provider failed: when, how often, and when not."""
