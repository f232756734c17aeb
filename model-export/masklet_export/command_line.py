"""`masklet-export`: write packs and check them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from masklet_export.checkpoints.load_model import load_model
from masklet_export.pack.check_pack import check_graphs, check_trajectory, open_for_check
from masklet_export.pack.manifest import PackCard, PackManifest, TrackerSettings, read_manifest
from masklet_export.pack.micro_pack import write_micro_pack
from masklet_export.pack.write_pack import load_card, write_pack

_STORAGE = {"fp16": "float16", "fp32": "float32"}


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
    pack.add_argument("--weights", type=Path, required=True, help="our checkpoint, the prototype's, or a hub folder")
    pack.add_argument("--size", type=int, help="input size S, a multiple of 32 (default: the weights' own)")
    pack.add_argument("--dtype", choices=sorted(_STORAGE), default="fp16", help="storage of the matrices")
    pack.add_argument("--card", help="name of a shipped card, or a JSON file: title, licence, provenance, …")
    pack.add_argument("--quality", type=Path, help="JSON object of measured quality, put into the manifest as it is")
    pack.add_argument("--name", help="pack name (default: the card's, or the output folder's)")
    pack.add_argument("--out", type=Path, required=True, help="folder to write")
    pack.set_defaults(run=_pack)
    check = commands.add_parser("check", help="compare a pack with the weights it was made from")
    check.add_argument("pack", type=Path, help="the pack's folder")
    check.add_argument("--weights", type=Path, required=True, help="as for `pack`")
    check.add_argument("--tolerance", type=float, default=0.01, help="allowed error, in deviations of each output")
    check.set_defaults(run=_check)

    micro = commands.add_parser("micro", help="write the test fixture: a tiny pack with random weights and goldens")
    micro.add_argument("--out", type=Path, required=True, help="folder to write")
    micro.set_defaults(run=_micro)
    return parser


def _pack(options: argparse.Namespace) -> int:
    card, tracker = load_card(options.card) if options.card else (_plain_card(options), TrackerSettings())
    if options.quality:
        card = replace(card, quality=json.loads(options.quality.read_text(encoding="utf-8")))
    if options.name:
        card = replace(card, name=options.name)
    model = load_model(options.weights, options.size)
    tracker = replace(tracker, num_spatial_memories=model.temporal_positions.shape[0])
    _report(write_pack(options.out, model, card, tracker, _STORAGE[options.dtype]))
    return 0


def _check(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.pack)
    model = load_model(options.weights, manifest.image_size)
    sessions = open_for_check(options.pack, model)
    worst = 0.0
    print(f"{'output':46} {'max error':>10} {'mean error':>10} {'deviation':>10}")
    for error in (*check_graphs(sessions, model), *check_trajectory(sessions, model)):
        print(f"{error.name:46} {error.max_error:10.2e} {error.mean_error:10.2e} {error.deviation:10.2e}")
        worst = max(worst, error.max_error / max(error.deviation, 1e-3))
    is_equal = worst <= options.tolerance
    verdict = "equal" if is_equal else "NOT EQUAL"
    print(f"{verdict}: worst error {worst:.2e} deviations, allowed {options.tolerance:.0e}")
    return 0 if is_equal else 1


def _micro(options: argparse.Namespace) -> int:
    _report(write_micro_pack(options.out))
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
