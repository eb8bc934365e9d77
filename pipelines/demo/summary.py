"""What the demo prints at its end."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from skytract.loaders.connect import connection_options

EXAMPLES = (
    (
        "the ten brightest point sources within 1 arcmin of a position",
        """SELECT objectId, coord_ra, coord_dec, g_psfMag - r_psfMag AS g_r, r_psfMag
FROM dr1.Object
WHERE sky.in_cone(objectId, coord_ra, coord_dec, 310.0, -5.0, 1.0 / 60)
  AND refExtendedness = 0
ORDER BY r_psfMag LIMIT 10;""",
    ),
    (
        "the light curve of the variable star of the first plot",
        """SELECT expMidptMJD, f.band, psfFlux, psfFluxErr
FROM dr1.ForcedSource AS f JOIN dr1.Visit USING (visit)
WHERE objectId = {star} AND NOT psfFlux_flag ORDER BY expMidptMJD;""",
    ),
    (
        "the same fluxes again, from raw counts and the zero points of a named solution",
        """SELECT visit, psfInstFlux * zMean AS psfFlux, zeroPoint, rms
FROM raw.ForcedSource JOIN calibration.PhotoCalib USING (visit, detector)
JOIN calibration.Solution USING (solutionId)
WHERE objectId = {star} AND name = 'simulated' ORDER BY visit;""",
    ),
)
"""Queries to paste: what each finds, and its text."""


def example_queries(star: int) -> list[tuple[str, str]]:
    """Return the example queries with the objectId of the variable star filled in."""
    return [(title, query.replace("{star}", str(star))) for title, query in EXAMPLES]


@dataclass(frozen=True)
class Summary:
    """Results of a run of the demo."""

    out: Path
    database: str
    counts: list[tuple[str, int]]
    metrics: list[tuple[str, str, float, int]]
    findings: list[tuple[str, str, str]]
    plots: list[Path]
    star: int
    seconds: float

    def show(self, console: Console) -> None:
        """Print tables, places and example queries."""
        rows = Table("table", "rows", title="Rows per table")
        for name, count in self.counts:
            rows.add_row(name, f"{count:,}")
        console.print(rows)
        quality = Table("metric", "band", "value", "from", title="Repeatability of the survey")
        units = {"PA1": ("mmag", "stars"), "AM1": ("mas", "pairs of stars")}
        for name, band, value, number in self.metrics:
            unit, counted = units[name]
            quality.add_row(name, band, f"{value:.2f} {unit}", f"{number} {counted}")
        console.print(quality)
        if self.findings:
            real = Table(
                "real data", "here", "published", title="Published data, sent the same way"
            )
            for finding in self.findings:
                real.add_row(*(escape(text) for text in finding))
            console.print(real)
        plots = "".join(f"\n  {path}" for path in self.plots)
        console.print(f"Plots:{plots}", highlight=False, soft_wrap=True)
        place = connection_options("reader", dbname=self.database)["host"]
        console.print(
            f"\nThe data lie in the database {self.database} of the server at {place};"
            f" frames and catalogs in {self.out}.",
            highlight=False,
            soft_wrap=True,
        )
        command = f"skytract --database {self.database} sql"
        console.print(f"Ask it with `{command}`, for example for", highlight=False)
        for title, query in example_queries(self.star):
            console.print(f"\n-- {title}", style="dim", soft_wrap=True)
            console.print(query, highlight=False, soft_wrap=True)
        console.print(f"\nDone in {self.seconds:.0f} s. Run again, it keeps what is there.")
