"""The Python twin against the reference's own behaviour (conformance/README.md says how it was recorded)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masklet_export.reference import scenario_options, select_memories, track_frame
from masklet_export.reference.conformance import main, open_numeric_model
from masklet_export.reference.graph_cases import run_graph_case
from masklet_export.reference.numeric_conformance import run_numeric_scenario
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.policy_conformance import run_policy_scenario
from masklet_export.reference.select_memories import SelectedMemory

SUITE = Path(__file__).parents[2] / "conformance"
POLICY = sorted((SUITE / "policy").glob("*.json"))
NUMERIC = SUITE / "numeric"
VERSIONS = ("2.1", "2.0")


@pytest.fixture(scope="module")
def sessions() -> dict[str, PackSessions]:
    return {version: open_numeric_model(NUMERIC, version) for version in (*VERSIONS, "edgetam")}


@pytest.mark.parametrize("path", POLICY, ids=lambda path: path.stem)
def test_policy(path: Path) -> None:
    assert run_policy_scenario(path) == []


def test_the_policy_suite_is_whole() -> None:
    assert len(POLICY) == 28


@pytest.mark.parametrize("version", VERSIONS)
def test_graphs_teacher_forced(version: str, sessions: dict[str, PackSessions]) -> None:
    paths = [path for path in (NUMERIC / "graphs" / version).glob("*.safetensors") if path.stem != "decoder_features"]
    assert paths
    assert {path.stem: problems for path in paths if (problems := run_graph_case(path, sessions[version]))} == {}


@pytest.mark.parametrize(
    "path", sorted((NUMERIC / "scenarios").glob("*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_trajectories(path: Path, sessions: dict[str, PackSessions]) -> None:
    assert run_numeric_scenario(path, NUMERIC, sessions[path.parent.name]) == []


def test_wrong_rules_are_noticed(monkeypatch: pytest.MonkeyPatch, sessions: dict[str, PackSessions]) -> None:
    """A suite that passes whatever the tracker does would prove nothing."""
    scenario = NUMERIC / "scenarios" / "2.1" / "n6_correction_as_cond.json"

    def failures() -> tuple[int, list[str]]:
        failed = sum(bool(run_policy_scenario(path)) for path in POLICY)
        return failed, run_numeric_scenario(scenario, NUMERIC, sessions["2.1"])

    original = select_memories.select_memories

    def shifted(*arguments, **options) -> tuple[SelectedMemory, ...]:
        memories = original(*arguments, **options)
        return tuple(
            SelectedMemory(memory.frame_index, memory.kind, max(memory.temporal_row - 1, 0), memory.result)
            for memory in memories
        )

    with monkeypatch.context() as patch:
        patch.setattr(track_frame, "select_memories", shifted)
        policy, numeric = failures()
        assert policy == 28 - sum("propagate" not in path.read_text(encoding="utf-8") for path in POLICY)
        assert any("logits" in problem for problem in numeric)
    with monkeypatch.context() as patch:
        patch.setattr(track_frame, "select_pointers", lambda *arguments: ())
        policy, numeric = failures()
        assert policy > 20
        assert numeric
    with monkeypatch.context() as patch:
        patch.setattr(scenario_options, "REFERENCE_OPTIONS", {})
        with pytest.raises(KeyError):
            run_numeric_scenario(scenario, NUMERIC, sessions["2.1"])


def test_the_references_missing_method_is_reproduced_only_where_it_was_recorded(tmp_path: Path) -> None:
    scenario = json.loads((SUITE / "policy" / "s01_single_click.json").read_text(encoding="utf-8"))
    scenario["options"]["clear_non_cond_mem_around_input"] = True
    path = tmp_path / "defect.json"
    path.write_text(json.dumps(scenario))
    assert any("AttributeError" in problem for problem in run_policy_scenario(path))
    # With the intended method a single click passes as before: nothing lies around it yet but what it tracks itself.
    path.write_text(json.dumps(scenario | {"reference_patched": "per-object method supplied"}))
    problems = run_policy_scenario(path)
    assert not any("AttributeError" in problem for problem in problems)


def test_the_command_counts_what_ran(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "suite"
    (folder / "policy").mkdir(parents=True)
    assert main([str(folder)]) == 1
    assert capsys.readouterr().out.endswith("0 passed, 0 failed\n")
    for path in POLICY[:2]:
        (folder / "policy" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"
    (folder / "policy" / "broken.json").write_text("{}")
    assert main([str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FAIL policy/broken: KeyError")
    assert lines[-1] == "2 passed, 1 failed"
