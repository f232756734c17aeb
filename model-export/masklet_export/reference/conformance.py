"""`python -m masklet_export.reference.conformance DIR`: runs a folder of scenarios through the Python twin.

DIR holds `policy/*.json` and, optionally, `numeric/` (layout in conformance/README.md). One line per scenario, then
`N passed, N failed`; the exit status is 1 when one failed or nothing ran.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from safetensors.torch import load_file, save_file

from masklet_export.checkpoints.load_model import load_model
from masklet_export.graphs.build_graphs import build_graph_bytes
from masklet_export.pack.manifest import GRAPH_NAMES, GraphFile, PackCard, PackManifest, TrackerSettings
from masklet_export.reference.graph_cases import run_graph_case
from masklet_export.reference.numeric_conformance import run_numeric_scenario
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.policy_conformance import run_policy_scenario

ONLY_IN_2_1 = (
    "occlusion_spatial_embedding_parameter",
    "temporal_positional_encoding_projection_layer.weight",
    "temporal_positional_encoding_projection_layer.bias",
)
"""Tensors a 2.0 model is made of a 2.1 model by leaving out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="masklet-conformance", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--verbose", action="store_true", help="print every difference, not only the first of each")
    options = parser.parse_args(arguments)
    passed = failed = 0
    for name, problems in run_all(options.folder):
        if problems:
            failed += 1
            shown = problems if options.verbose else problems[:1]
            rest = f" (and {len(problems) - 1} more)" if len(shown) < len(problems) else ""
            print(f"FAIL {name}: {'; '.join(shown)}{rest}")
        else:
            passed += 1
            print(f"ok   {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def run_all(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Name and differences of every scenario, as they are run."""
    for path in sorted((folder / "policy").glob("*.json")):
        yield f"policy/{path.stem}", _guarded(run_policy_scenario, path)
    numeric = folder / "numeric"
    for version in ("2.1", "2.0", "edgetam"):
        cases = [path for path in sorted((numeric / "graphs" / version).glob("*.safetensors")) if _is_case(path)]
        scenarios = sorted((numeric / "scenarios" / version).glob("*.json"))
        if not cases and not scenarios:
            continue
        sessions = open_numeric_model(numeric, version)
        for path in cases:
            yield f"numeric/graphs/{version}/{path.stem}", _guarded(run_graph_case, path, sessions)
        for path in scenarios:
            yield f"numeric/scenarios/{version}/{path.stem}", _guarded(run_numeric_scenario, path, numeric, sessions)


def open_numeric_model(numeric: Path, version: str) -> PackSessions:
    """Graphs of the suite's own model, built in memory; a 2.0 folder may lack weights (see `ONLY_IN_2_1`)."""
    folder = numeric / f"model_{version}"
    if (folder / "model.safetensors").exists():
        return _sessions(folder)
    with tempfile.TemporaryDirectory() as temporary:
        state = load_file(numeric / "model_2.1" / "model.safetensors")
        state = {key: value for key, value in state.items() if key not in ONLY_IN_2_1}
        save_file(state, f"{temporary}/model.safetensors")
        (Path(temporary) / "config.json").write_bytes((folder / "config.json").read_bytes())
        return _sessions(Path(temporary))


def _sessions(folder: Path) -> PackSessions:
    model = load_model(folder)
    graphs = {name: build_graph_bytes(model, name, "float32") for name in GRAPH_NAMES}
    downsample = model.mask_downsample
    manifest = PackManifest(
        card=PackCard(folder.name, folder.name, "0.0.0", "", "built for the conformance suite"),
        architecture=model.architecture,
        image_size=model.image_size,
        hidden_size=model.hidden_size,
        memory_channels=model.memory_channels,
        tracker=TrackerSettings(),
        mask_downsample_weight=tuple(downsample.weight.flatten().tolist()),
        mask_downsample_bias=downsample.bias.item(),
        graphs={name: GraphFile(f"{name}.onnx", len(content), "") for name, content in graphs.items()},
    )
    return PackSessions(manifest, graphs)


def _is_case(path: Path) -> bool:
    return path.stem != "decoder_features"


def _guarded(run: Callable[..., list[str]], *arguments: object) -> list[str]:
    """A scenario that crashes is a failed scenario, not the end of the suite."""
    try:
        return run(*arguments)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


if __name__ == "__main__":
    sys.exit(main())
