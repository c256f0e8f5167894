"""The surfaces with constants that are drawn anew for each seed: python -m benchmarks.surfaces_fresh [OPTION ...].

Options are those of `benchmarks.surfaces`, of which this is the second table: for constants that nobody has tuned for.
"""

import sys

if __name__ == "__main__":
    sys.argv.append("--fresh")

    from benchmarks import surfaces

    sys.exit(surfaces.main())
