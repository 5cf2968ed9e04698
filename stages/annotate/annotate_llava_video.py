"""Describe the video of a clip by LLaVA-Video, in this process, or by a server with any model that sees.

Source: Zhang et al., LLaVA-Video, 2024; eight uniform frames with their times in the prompt, greedy, at most 2,048
new tokens as in the paper (appendix C.2); the wording of the question is ours.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Frames, Item, Memory
from audsem_data.llm.chat_answer import ChatReason
from audsem_data.llm.endpoint import EndpointReason
from audsem_data.llm.watching import PROMPT, WatchConfig, open_watcher, remembering
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import LLAVA_VIDEO
from audsem_data.models.weights import ServableWeights
from audsem_data.stages.annotate.image_annotator import image_annotator

FRAMES = Frames("uniform", 8)


@image_annotator(
    "annotate-llava-video",
    version=1,
    emits=[Column("description", pa.string(), "what can be seen, in detail")],
    frames=FRAMES,
    config=WatchConfig,
    reasons=(ModelReason, EndpointReason, ChatReason),
    batch=16,
    spooled=False,
    remembers=True,
    cool_down=60.0,
    identity={**PROMPT.identity, **LLAVA_VIDEO.identity},
    weights=ServableWeights(LLAVA_VIDEO),
)
def open_annotate_llava_video(
    config: WatchConfig, device: Device
) -> Callable[[Sequence[Item], Memory], list[Outcome]]:
    """Return the process that describes videos."""
    describe = open_watcher(config, device)
    asked_of = ServableWeights(LLAVA_VIDEO)(config)
    identity = {**LLAVA_VIDEO.identity, **config.identity, "weights": asked_of}

    def process(items: Sequence[Item], memory: Memory) -> list[Outcome]:
        videos = [item.media[FRAMES] for item in items]
        digests = [item["video_sha256"] for item in items]
        said = remembering(describe, identity, videos, digests, memory)
        return [one if isinstance(one, Failed) else Done.one(description=one) for one in said]

    return process
