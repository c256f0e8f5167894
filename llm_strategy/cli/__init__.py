"""The command line: parsing only, no logic."""
