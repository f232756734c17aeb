"""`masklet-export`: write packs and check them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from masklet_export.checkpoints.load_model import load_model
from masklet_export.model.edgetam_configuration import EDGETAM_REPOSITORY
from masklet_export.model.hub_configurations import ARCHITECTURES, HUB_SIZES, hub_repository
from masklet_export.model.hub_model import HubModel, unloaded_edgetam, unloaded_hub_model
from masklet_export.model.video_model import VideoModel
from masklet_export.pack.bench_graphs import bench_graph, peak_memory_mb
from masklet_export.pack.check_pack import OutputError, check_graphs, check_session, check_trajectory, open_for_check
from masklet_export.pack.manifest import GRAPH_NAMES, PackCard, PackManifest, TrackerSettings, read_manifest
from masklet_export.pack.micro_hub import write_checkpoints, write_micro_edgetam, write_micro_hub
from masklet_export.pack.micro_pack import write_micro_pack
from masklet_export.pack.parity_report import PARITY_FILE, write_parity_report
from masklet_export.pack.random_hub_model import (
    random_hub_model,
    random_hub_module,
    released_configuration,
    write_stand_in,
)
from masklet_export.pack.weightless_sessions import WeightlessSessions
from masklet_export.pack.write_pack import load_card, write_pack
from masklet_export.pack.write_weightless import WeightlessCard, write_catalogue, write_weightless

_EDGETAM = "edgetam"
_MODELS = (*HUB_SIZES, _EDGETAM)
_STORAGE = {"fp16": "float16", "fp32": "float32", "int8": "int8"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status. A user's mistake is one sentence on stderr and status 2."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, FileNotFoundError) as error:
        print(f"masklet-export: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="masklet-export", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    pack = commands.add_parser("pack", help="write a pack from weights")
    pack.add_argument("--weights", type=Path, required=True, help="hub folder, Meta's .pt, or our checkpoint")
    pack.add_argument("--size", type=int, help="input size S, a multiple of 32 (default: the weights' own)")
    pack.add_argument("--dtype", choices=sorted(_STORAGE), default="fp16", help="storage of the matrices")
    pack.add_argument("--card", help="name of a shipped card, or a JSON file: title, licence, provenance, …")
    _add_score_shift(pack)
    pack.add_argument("--quality", type=Path, help="JSON object of measured quality, put into the manifest as it is")
    pack.add_argument("--name", help="pack name (default: the card's, or the output folder's)")
    pack.add_argument("--out", type=Path, required=True, help="folder to write")
    pack.set_defaults(run=_pack)
    check = commands.add_parser("check", help="compare a pack with the weights it was made from")
    check.add_argument("pack", type=Path, help="the pack's folder, or a weightless model's JSON file")
    check.add_argument("--weights", type=Path, required=True, help="as for `pack`")
    check.add_argument("--size", type=int, help="input size of a weightless model (default: the weights' own)")
    _add_score_shift(check)
    check.add_argument(
        "--tolerance", type=float, default=0.01, help="allowed error beyond rounding, in units of each output's scale"
    )
    check.set_defaults(run=_check)

    graphs = commands.add_parser("graphs", help="write the graphs of SAM 2 and EdgeTAM, without weights")
    graphs.add_argument(
        "--sizes", type=int, nargs="+", default=[256, 384, 512, 768, 1024], help="input sizes S, multiples of 32"
    )
    graphs.add_argument("--models", nargs="+", choices=_MODELS, default=_MODELS, help="which models")
    graphs.add_argument("--out", type=Path, required=True, help="folder to write")
    graphs.set_defaults(run=_graphs)

    stand_in = commands.add_parser("stand-in", help="write random weights of a released model's shapes, for tests")
    stand_in.add_argument("--model", required=True, help="name in the catalogue, as sam2.1-hiera-tiny")
    stand_in.add_argument("--out", type=Path, required=True, help=".safetensors, or .pt for Meta's layout")
    stand_in.set_defaults(run=_stand_in)

    bench = commands.add_parser("bench", help="time a released model's graphs against traced ones, on random weights")
    bench.add_argument("--model", required=True, help="name in the catalogue, as sam2.1-hiera-tiny")
    bench.add_argument("--size", type=int, default=512, help="input size S")
    bench.add_argument("--graphs", nargs="+", choices=GRAPH_NAMES, default=GRAPH_NAMES, help="which graphs")
    bench.add_argument("--runs", type=int, default=5, help="runs of each, in turn")
    bench.set_defaults(run=_bench)

    micro = commands.add_parser("micro", help="write the test fixtures: tiny models with random weights and goldens")
    micro.add_argument("--out", type=Path, required=True, help="folder to write them into")
    micro.set_defaults(run=_micro)
    return parser


def _add_score_shift(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--object-score-shift",
        type=float,
        default=0.0,
        help="added to the object score, which says `absent` below 0: calibration on held-out clips",
    )


def _shift_object_score(model: VideoModel, shift: float) -> None:
    bias = model.mask_decoder.pred_obj_score_head.proj_out.bias
    with torch.no_grad():
        bias += shift


def _pack(options: argparse.Namespace) -> int:
    card, tracker = load_card(options.card) if options.card else (_plain_card(options), TrackerSettings())
    if options.quality:
        card = replace(card, quality=json.loads(options.quality.read_text(encoding="utf-8")))
    if options.name:
        card = replace(card, name=options.name)
    model = load_model(options.weights, options.size)
    _shift_object_score(model, options.object_score_shift)
    tracker = replace(tracker, num_spatial_memories=model.temporal_positions.shape[0])
    _report(write_pack(options.out, model, card, tracker, _STORAGE[options.dtype]))
    worst = write_parity_report(options.out, model, options.dtype)
    print(f"largest difference from PyTorch beyond rounding: {worst:.1e} of an output's scale ({PARITY_FILE})")
    return 0


def _check(options: argparse.Namespace) -> int:
    is_weightless = options.pack.suffix == ".json"
    model = load_model(options.weights, options.size if is_weightless else read_manifest(options.pack).image_size)
    _shift_object_score(model, options.object_score_shift)
    if not is_weightless:
        sessions = open_for_check(options.pack, model)
    elif isinstance(model, HubModel):
        sessions = WeightlessSessions(options.pack, model)
    else:
        raise ValueError(f"{options.weights} holds no SAM 2 or EdgeTAM")
    print(f"{'output':46} {'max error':>10} {'mean error':>10} {'rounding':>10} {'scale':>10}")
    compared = []
    for error in (*check_graphs(sessions, model), *check_session(sessions, model)):
        _print_error(error)
        compared.append(error.relative)
    print("two sessions side by side, for information: what rounding adds up to with these weights")
    drift = 0.0
    for error in check_trajectory(sessions, model):
        _print_error(error)
        drift = max(drift, error.relative)
    is_equal = max(compared) <= options.tolerance
    print(
        f"{'equal' if is_equal else 'NOT EQUAL'}: {len(compared)} outputs, worst error beyond rounding "
        f"{max(compared):.1e} of the scale, allowed {options.tolerance:.0e}; sessions drift {drift:.1e} apart"
    )
    return 0 if is_equal else 1


def _print_error(error: OutputError) -> None:
    numbers = (error.max_error, error.mean_error, error.rounding, error.scale)
    print(f"{error.name:46} {' '.join(f'{number:10.2e}' for number in numbers)}", flush=True)


def _graphs(options: argparse.Namespace) -> int:
    entries = []
    for card, model in _released_models(options.models):
        sizes = [size for size in options.sizes if size % model.size_step == 0]
        entry = write_weightless(options.out, model, card, sizes)
        print(f"{card.name:24} {entry['parameters'] / 1e6:7.1f} M parameters  {_giga(entry['operations'])}")
        entries.append(entry)
    write_catalogue(options.out, entries)
    total = sum(path.stat().st_size for path in options.out.iterdir())
    print(f"{len(entries)} models: {total / 1e6:.2f} MB")
    return 0


def _released_models(names: Sequence[str]) -> Iterator[tuple[WeightlessCard, HubModel]]:
    for architecture in ARCHITECTURES:
        for size in HUB_SIZES:
            if size not in names:
                continue
            repository = hub_repository(size, architecture)
            title = f"{'SAM 2.1' if architecture == 'sam2.1' else 'SAM 2'} {size.replace('-plus', '+')}"
            yield _card(repository, title, "Weights by Meta"), unloaded_hub_model(size, architecture)
    if _EDGETAM in names:
        yield _card(EDGETAM_REPOSITORY, "EdgeTAM", "Weights by Meta, converted by transformers"), unloaded_edgetam()


def _card(repository: str, title: str, origin: str) -> WeightlessCard:
    return WeightlessCard(
        name=repository.split("/")[1].lower().removesuffix("-hf"),
        title=title,
        license="Apache-2.0",
        provenance=f"{origin}, from {repository}. Graphs written by `masklet-export graphs`.",
        repository=repository,
    )


def _bench(options: argparse.Namespace) -> int:
    model = random_hub_model(released_configuration(options.model)).set_image_size(options.size)
    print(f"{options.model} at {options.size} px, one thread, one object with 7 memories and 16 pointers")
    print(f"{'graph':17} {'GFLOP':>7} {'session ms':>10} {'ms':>8} {'traced ms':>9} {'ratio':>5} {'difference':>10}")
    for name in options.graphs:
        times = bench_graph(model, name, options.runs)
        print(
            f"{name:17} {times.operations / 1e9:7.1f} {times.session_ms:10.0f} {times.ours_ms:8.1f} "
            f"{times.naive_ms:9.1f} {times.ratio:5.2f} {times.difference:10.1e}",
            flush=True,
        )
    print(f"peak memory of the four graphs in one process: {peak_memory_mb(model):.0f} MB")
    return 0


def _stand_in(options: argparse.Namespace) -> int:
    write_stand_in(options.out, random_hub_module(released_configuration(options.model)))
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.0f} MB of random numbers")
    return 0


def _giga(operations: Mapping[str, int]) -> str:
    return "  ".join(f"{count / 1e9:.0f} GFLOP a frame at {size} px" for size, count in operations.items())


def _micro(options: argparse.Namespace) -> int:
    _report(write_micro_pack(options.out / "micro"))
    write_micro_hub(options.out / "micro-hub")
    write_micro_edgetam(options.out / "micro-edgetam")
    write_checkpoints(options.out / "checkpoints")
    return 0


def _report(manifest: PackManifest) -> None:
    for name, graph in manifest.graphs.items():
        print(f"{name:17} {graph.bytes / 1e6:7.2f} MB  {graph.sha256[:12]}")
    total = sum(graph.bytes for graph in manifest.graphs.values())
    print(f"{manifest.card.name} {manifest.architecture} at {manifest.image_size} px: {total / 1e6:.2f} MB")


def _plain_card(options: argparse.Namespace) -> PackCard:
    name = options.out.name
    return PackCard(
        name=name,
        title=name,
        version="0.0.0",
        license="that of the weights",
        provenance="Exported by `masklet-export pack` without a card.",
    )


if __name__ == "__main__":
    sys.exit(main())
