"""What each way shares with its caller, and how it reports an error."""

from __future__ import annotations

from examples.io_bound_vs_cpu_bound_work import side_effects
from examples.io_bound_vs_cpu_bound_work.six_ways import available

PARCELS = [500, 2500, 900, 4100]


# region main
def main() -> None:
    """Run both jobs in each way."""
    for name, way in available().items():
        side_effects.seen.clear()
        with way(2) as run:
            cents = sum(run(side_effects.remember, PARCELS))
            try:
                run(side_effects.refuse, [99_000])
            except Exception as error:
                raised = type(error).__name__
                cause = type(error.__cause__).__name__
        print(f"{name}: {cents} cents, {len(side_effects.seen)} seen,")
        print(f"    raised {raised}, its cause: {cause}")


# endregion main

if __name__ == "__main__":
    main()
