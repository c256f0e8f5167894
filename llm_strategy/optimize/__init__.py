"""The meta-optimizer: traces in, better hyperparameters out."""
