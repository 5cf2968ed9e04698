"""Describing videos: the same question to a model in this process, or to a server that takes pictures."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Protocol

from pydantic import Field

from audsem_data.core.fingerprint import canonical
from audsem_data.core.model import Device
from audsem_data.core.outcome import Failed
from audsem_data.core.stage import Memory
from audsem_data.llm.chat_answer import text_of
from audsem_data.llm.endpoint import Endpoint
from audsem_data.llm.prompts import load_prompt
from audsem_data.llm.servable import ServableConfig
from audsem_data.llm.video_chat import video_request
from audsem_data.models.frame_batches import Picture
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import LLAVA_VIDEO
from audsem_data.models.store import locate

PROMPT = load_prompt("describe-video")


class WatchConfig(ServableConfig):
    """Where the model that describes runs: LLaVA-Video here, or any that takes pictures behind a server."""

    newlines: Literal["row", "video"] = Field(
        "row", description="line ends that LLaVA sees: after each row of a frame (published), or one a video"
    )
    max_new_tokens: int = Field(2048, ge=1, description="most tokens of a description (paper: 2,048)")


class Video(Protocol):
    """Frames in order, with their times; `media.clip_frames.ClipFrames` is one."""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """RGB, uint8, (height, width, 3)."""

    @property
    def seconds(self) -> tuple[float, ...]:
        """When each is shown."""

    @property
    def duration(self) -> float:
        """How long the whole lasts, in seconds."""


Describe = Callable[[Sequence[Video]], Iterator[tuple[int, str | Failed]]]


def chat_about(video: Video) -> list[dict[str, str]]:
    """Return what is asked about a video."""
    times = [f"{second:g}" for second in video.seconds]
    return PROMPT.messages(duration=f"{video.duration:g}", times=times)


def open_watcher(config: WatchConfig, device: Device) -> Describe:
    """Return what describes videos: each answer with its place, as soon as it is there.

    Raises:
        ModelError: the weights are not there.
        UsageError: a server is asked for and not named.
    """
    if server := config.server("annotate-llava-video"):
        return _through(server, config)
    from audsem_data.models.llava_video import LlavaVideo  # noqa: PLC0415  (transformers is heavy)

    folder = locate(LLAVA_VIDEO, config.checkpoint)
    model = LlavaVideo(folder, device, config.dtype, config.max_new_tokens, config.newlines)

    def describe(videos: Sequence[Video]) -> Iterator[tuple[int, str | Failed]]:
        said = model([video.pictures for video in videos], [chat_about(video) for video in videos])
        for place, one in enumerate(said):
            yield place, one or Failed(ModelReason.EMPTY_ANSWER)

    return describe


def _through(server: Endpoint, config: WatchConfig) -> Describe:
    def describe(videos: Sequence[Video]) -> Iterator[tuple[int, str | Failed]]:
        bodies = [
            video_request(config.served_model, video.pictures, chat_about(video), config.max_new_tokens)
            for video in videos
        ]
        for place, answer, _ in server.ask_each(bodies):
            yield place, text_of(answer)

    return describe


def remembering(
    describe: Describe, identity: Any, videos: Sequence[Video], digests: Sequence[str], memory: Memory
) -> list[str | Failed]:
    """Return what is said of each video; an answer that was given before for the same content is not paid again.

    Args:
        describe: asks.
        identity: of the model and the options; another one asks anew.
        videos: the frames.
        digests: of each video's file.
        memory: keeps each answer as soon as it is there; failures are not kept.
    """
    keys = [
        hashlib.sha256(canonical({"of": digest, "asked": chat_about(video), "by": identity})).digest()
        for video, digest in zip(videos, digests, strict=True)
    ]
    said: dict[int, str | Failed] = {
        place: kept.decode() for place, key in enumerate(keys) if (kept := memory.get(key)) is not None
    }
    fresh = [place for place in range(len(videos)) if place not in said]
    if fresh:
        for index, answer in describe([videos[place] for place in fresh]):
            said[fresh[index]] = answer
            if isinstance(answer, str):
                memory.put(keys[fresh[index]], answer.encode())
    return [said[place] for place in range(len(videos))]
