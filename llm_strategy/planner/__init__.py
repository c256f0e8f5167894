"""The stored-program computer: from one sentence to a working codebase (L2MAC, Holt et al. 2024, arXiv:2310.02003)."""
