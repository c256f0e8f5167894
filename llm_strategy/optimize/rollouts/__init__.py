"""The optimizer: rollouts."""
