"""A plan to look at: what learns, how much and how long, and what memory is for, as tables; what the command for it does."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from fine_tune.plan import DataFacts, Plan, gigabytes, plan
from fine_tune.plan.durations import device_of
from fine_tune.plan.needs import Memory
from fine_tune.plan.shapes import read_shapes
from fine_tune.stage import Family, Stage


def show_plan(
    stages: Sequence[Stage],
    model: str,
    family: Family,
    gpu: str | None = None,
    *,
    facts: DataFacts = DataFacts(),  # noqa: B008  # frozen
    as_json: bool = False,
) -> Plan:
    """Print what stages take, as tables or as JSON, and return it: what a command does.

    Args:
        stages: As `read_stage` gives them.
        model: A folder, or a name on huggingface.co.
        family: Of the model.
        gpu: As `device_of` takes it: "24GB", "RTX 4090", "8 x A100", "cpu"; None for the best of this machine.
        facts: What is known of the data.
        as_json: Whether to print JSON.

    Raises:
        DoesNotFit: A stage takes more memory than there is; it is raised after all is printed.
        MissingDependency: The model is not on this machine.
        NothingToDo: There is no such device.
        Unreadable: The model's files do not tell enough.
    """
    planned = plan(stages, read_shapes(model), family, device_of(gpu), facts=facts)
    if as_json:
        Console(soft_wrap=True).print(planned.model_dump_json(indent=2), highlight=False, markup=False)
    else:
        print_plan(planned)
    planned.check()
    return planned


def print_plan(planned: Plan, console: Console | None = None) -> None:
    """Print a plan as tables: what learns, how much and how long, and what memory is for."""
    screen = console or Console()
    devices = f"{planned.device.count} x {planned.device.name}" if planned.device.count > 1 else planned.device.name
    screen.print(
        f"[bold]{planned.model}[/] ({planned.family}) on {devices}, {gigabytes(planned.device.memory)} each\n", highlight=False
    )
    for table in (_parts_table(planned), _work_table(planned), _memory_table(planned)):
        screen.print(table)
        screen.print()
    for stage in planned.stages:
        for warning in stage.warnings:
            screen.print(f"[yellow]Stage {stage.number}:[/] {warning}", highlight=False)
        for remedy in stage.remedies:
            screen.print(f"[red]Stage {stage.number} does not fit;[/] what would: {remedy}", highlight=False)
    screen.print(
        "Memory is worked out for the longest row that a stage allows, not measured; hours are an estimate by published peaks.",
        style="dim",
    )


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _parts_table(planned: Plan) -> Table:
    table = _table("what learns", *(part.name for part in planned.stages[0].parts), "learns in all")
    for stage in planned.stages:
        cells = [
            f"{part.how} {_count(part.learning)} of {_count(part.total)}" if part.learning else part.how for part in stage.parts
        ]
        table.add_row(f"{stage.number} {stage.name}", *cells, _count(stage.learning))
    return table


def _work_table(planned: Plan) -> Table:
    table = _table("how much", "tiles a sample", "tokens a sample", "tokens a step", "samples", "steps", "PFLOP", "time")
    for stage in planned.stages:
        table.add_row(
            f"{stage.number} {stage.name}",
            f"{stage.tiles:.1f}",
            f"{stage.tokens:,.0f}",
            f"{stage.step_tokens:,.0f}",
            "?" if stage.samples is None else f"{stage.samples:,}",
            "?" if stage.steps is None else f"{stage.steps:,}",
            "?" if stage.flops is None else f"{stage.flops / 1e15:,.1f}",
            _duration(stage.seconds),
        )
    return table


def _memory_table(planned: Plan) -> Table:
    table = _table("memory, GB", *Memory.model_fields, "in all", "fits")
    for stage in planned.stages:
        sizes = [f"{size / 1e9:.2f}" for size in stage.memory.model_dump().values()]
        verdict = "[green]yes[/]" if stage.fits else "[red]no[/]"
        table.add_row(f"{stage.number} {stage.name}", *sizes, f"{stage.memory.total / 1e9:.2f}", verdict)
    return table


def _count(number: int) -> str:
    return f"{number / 1e9:.2f} B" if number >= 1e9 else f"{number / 1e6:.1f} M" if number >= 1e5 else f"{number:,}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    minutes, hours = seconds / 60, seconds / 3600
    return (
        f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours" if minutes >= 90 else f"{max(minutes, 0.1):.1f} minutes"
    )
