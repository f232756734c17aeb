"""Which of many points on a frame reach the model: trained with few, it loses the object when there are more."""

from __future__ import annotations

import math
from dataclasses import replace

from masklet_export.reference.prompt_tensors import BOX_LABELS, FramePrompt

MAX_MODEL_POINTS = 12
"""Box corners aside. With more nano loses a plain disc: up to six times its area with 20, and "absent" from 50."""


def limit_points(prompt: FramePrompt, video_size: tuple[int, int], most: int) -> FramePrompt:
    """The box, the newest half of `most` points, and of the older ones those farthest from all that are taken.

    A point and its label count apart from those of the other label; all keep their order.
    """
    width, height = video_size
    corners = [index for index, label in enumerate(prompt.labels) if label in BOX_LABELS]
    points = [index for index in range(len(prompt.labels)) if index not in corners]
    if len(points) <= most:
        return prompt

    def gap(index: int, taken: list[int]) -> float:
        (x, y), label = prompt.points[index], prompt.labels[index]
        others = (prompt.points[other] for other in taken if prompt.labels[other] == label)
        return min((math.hypot((x - a) / width, (y - b) / height) for a, b in others), default=math.inf)

    taken = points[-math.ceil(most / 2) :]
    while len(taken) < most:
        # The oldest of equals, as in the page.
        taken.append(max((index for index in points if index not in taken), key=lambda index: gap(index, taken)))
    kept = sorted([*corners, *taken])
    return replace(
        prompt,
        points=tuple(prompt.points[index] for index in kept),
        labels=tuple(prompt.labels[index] for index in kept),
    )
