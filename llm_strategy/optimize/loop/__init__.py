"""The optimizer: the typed loop in which a model looks at runs of a task and suggests other hyperparameters."""
