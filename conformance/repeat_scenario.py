"""Writes `numeric/scenarios/2.1/n8_forgotten_and_repeated`: the recorded scenario n4, forgotten and repeated.

Nothing is recorded anew. What follows `remove` (of the last object) and `reset` starts from nothing, so the reference's
answers to the same actions are the same; after `clear` of the only prompt it refuses to propagate. Run it in this
folder: `python repeat_scenario.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file, save_file

FOLDER = Path(__file__).parent / "numeric" / "scenarios" / "2.1"
NAME = "n8_forgotten_and_repeated"


def main() -> None:
    source = json.loads((FOLDER / "n4_mask_prompt.json").read_text(encoding="utf-8"))
    tensors = load_file(FOLDER / "n4_mask_prompt.safetensors")
    object_id, frame = source["actions"][0]["obj"], source["actions"][0]["frame"]
    actions, returns, events, repeated = [], [], [], {}

    def forget(action: dict, **answer: object) -> None:
        actions.append(action)
        returns.append({**answer, "events": [len(events), len(events)]})

    def repeat(count: int) -> None:
        start = len(events)
        kept = source["returns"][count - 1]["events"][1]
        for action, answer in zip(
            source["actions"][:count], source["returns"][:count], strict=True
        ):
            actions.append(action)
            shifted = {"events": [start + each for each in answer["events"]]}
            if "yields" in answer:
                shifted["yields"] = [
                    [place, [start + each for each in ids]]
                    for place, ids in answer["yields"]
                ]
            returns.append({**answer, **shifted})
        for event in source["events"][:kept]:
            events.append(
                {
                    **event,
                    "id": start + event["id"],
                    **({"of": start + event["of"]} if "of" in event else {}),
                }
            )
        for name, tensor in tensors.items():
            number = int(name[1:4])
            if number < kept:
                repeated[f"e{start + number:03}{name[4:]}"] = tensor.clone()

    repeat(3)
    forget({"do": "remove", "obj": object_id}, obj_ids=[], updated_frames=[])
    repeat(2)
    forget({"do": "clear", "frame": frame, "obj": object_id}, obj_ids=[object_id])
    actions.append({"do": "propagate", "start": None, "max": None, "reverse": False})
    returns.append({"error": "RuntimeError", "events": [len(events), len(events)]})
    forget({"do": "reset"}, obj_ids=[])
    forget({"do": "remove", "obj": object_id}, obj_ids=[], updated_frames=[])
    repeat(2)
    scenario = {
        **source,
        "name": NAME,
        "notes": "n4 after remove, clear and reset",
        "actions": actions,
    }
    whole = {**scenario, "returns": returns, "events": events}
    (FOLDER / f"{NAME}.json").write_text(
        json.dumps(whole, indent=1) + "\n", encoding="utf-8"
    )
    save_file(repeated, FOLDER / f"{NAME}.safetensors")


if __name__ == "__main__":
    main()
