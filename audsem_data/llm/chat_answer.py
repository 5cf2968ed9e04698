"""The text of a server's answer about media, or why it is not taken."""

from typing import Any

from audsem_data.core.outcome import Failed, Reason


class ChatReason(Reason):
    """Why a server's answer about a clip is not taken."""

    NOTHING_SAID = "nothing_said", "the server answers, and says nothing"


def text_of(answer: dict[str, Any] | Failed) -> str | Failed:
    """Return what an answer says, on one line."""
    if isinstance(answer, Failed):
        return answer
    said = answer["choices"][0]["message"].get("content")
    text = " ".join(said.split()) if isinstance(said, str) else ""
    return text or Failed(ChatReason.NOTHING_SAID)
