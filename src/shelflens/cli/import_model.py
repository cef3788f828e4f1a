"""`shelflens models import`: a network of Keras, TensorFlow or torch becomes a model folder."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from shelflens.cli.options import json_option
from shelflens.cli.output import plain, print_json
from shelflens.errors import ShelflensError
from shelflens.types import Preprocessing

_SHOWN = {"squash": 1.0, "crop": 0.875, "pad": 1.0}  # of the side that is fitted

Triple = tuple[float, float, float]


class _TripleType(click.ParamType[Triple]):
    """R,G,B."""

    name = "r,g,b"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Triple:
        try:
            red, green, blue = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not three numbers such as 123.7,116.3,103.5", param, ctx)
        return red, green, blue


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model folder to be written.")
@click.option("--preprocessing", metavar="NAME", help="keras-caffe, tf, torch, 0-1 or 0-255: how it wants its pixels.")
@click.option("--mean", type=_TripleType(), help="Instead of a name: of pixels in 0..255, red first.")
@click.option("--std", type=_TripleType(), help="Instead of a name.")
@click.option("--bgr", is_flag=True, help="With --mean and --std: the network wants blue first.")
@click.option("--labels", type=click.Path(path_type=Path), help="Names of its classes: a line each, or JSON.")
@click.option("--target", default="category", show_default=True, help="The column that the labels are values of.")
@click.option("--embedding", type=click.Choice(["before-classes", "answer"]), help="What becomes the vector.")
@click.option("--pooling", default="none", show_default=True, type=click.Choice(["none", "cls", "mean"]))
@click.option(
    "--size", type=click.IntRange(16, 2048), help="Of the pictures, in pixels, where the file leaves it open."
)
@click.option(
    "--fit",
    default="squash",
    show_default=True,
    type=click.Choice(["squash", "crop", "pad"]),
    help="How a picture becomes a square; Keras squashes, torchvision crops.",
)
@click.option(
    "--crop-share",
    type=click.FloatRange(0.1, 1),
    help="Of the side that is fitted: what the network sees. Default: 0.875 with --fit crop, 1 with --fit pad.",
)
@click.option(
    "--resample", default="bilinear", show_default=True, type=click.Choice(["bilinear", "bicubic", "lanczos"])
)
@click.option("--licence", default="unknown", show_default=True, help="Of the weights: SPDX where there is one.")
@json_option
def import_model(
    *,
    file: Path,
    out: Path,
    preprocessing: str | None,
    mean: Triple | None,
    std: Triple | None,
    bgr: bool,
    labels: Path | None,
    target: str,
    embedding: Any,
    pooling: Any,
    size: int | None,
    fit: Any,
    crop_share: float | None,
    resample: Any,
    licence: str,
    as_json: bool,
) -> None:
    """Makes a model folder of FILE: a Keras file, a TensorFlow SavedModel, TorchScript or torch.export.

    With --labels it is a classifier and an embedder, else an embedder. The folder is written only if it answers as the
    original does. Use it as `--model onnx:OUT/model.onnx`, or with `shelflens classify OUT PHOTO`.
    """
    if find_spec("onnx") is None:
        raise ShelflensError("importing needs onnx and more; run: pip install 'shelflens[import]'")
    from shelflens.train.importing.importing import ImportRequest, import_model
    from shelflens.train.importing.naming import read_labels
    from shelflens.train.importing.preparing import preparation

    imported = import_model(
        ImportRequest(
            file=file,
            out=out,
            preparation=preparation(preprocessing, mean, std, bgr=bgr),
            labels=read_labels(labels, target=target) if labels else None,
            embedding=embedding,
            size=size,
            fit=Preprocessing(fit=fit, crop_share=crop_share or _SHOWN[fit], resample=resample),
            pooling=pooling,
            licence=licence,
        )
    )
    manifest, agreement = imported.manifest, imported.agreement
    if as_json:
        print_json(
            {
                "model": str(out),
                "kind": imported.kind,
                "compared_with": imported.runtime,
                "dimension": manifest.dimension,
                "classes": imported.classes,
                "space": manifest.space,
                "preprocessing": plain(manifest.preprocessing),
                "agreement": plain(agreement),
            }
        )
        return
    what = f"{imported.classes} classes and " if imported.classes else ""
    click.echo(
        f"{out}: {imported.kind}, {what}vectors of {manifest.dimension} numbers, {manifest.preprocessing.size} px"
    )
    click.echo(
        f"As {imported.runtime} on {agreement.pictures} pictures: cosine {agreement.least_cosine:.6f}, off by "
        f"{agreement.most_difference:.1e} at most"
    )
    click.echo(f"Use it: shelflens index CATALOGUE SOURCE --model onnx:{out / 'model.onnx'}")
