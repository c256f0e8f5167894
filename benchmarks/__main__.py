"""All benchmarks, one after the other: python -m benchmarks [--quick]."""

import subprocess
import sys

NAMES = (
    "replies",
    "modes",
    "types",
    "overhead",
    "peers",
    "tracing",
    "faults",
    "limits",
    "hostile",
    "served",
    "cancellation",
    "many",
    "resume",
    "cache",
    "injection",
    "attacks",
    "lacks",
    "actions",
    "mint",
    "m3tooleval",
    "l2mac_runs",
    "context_growth",
    "self_repair",
    "planner_resume",
    "budget",
    "optimizer_overhead",
    "recorded_optimization",
    "surfaces",
    "surfaces_fresh",
    "false_gains",
    "small_model",
)


def main() -> int:
    results = [subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]) for name in NAMES]  # noqa: PLW1510
    return max(result.returncode for result in results)


if __name__ == "__main__":
    sys.exit(main())
