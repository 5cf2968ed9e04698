"""Short pieces of fiction around a sound: invented people, and a sound that behaves as the measured one does."""

from audsem_data.rules.composing import Composer

PROMPTS = (
    "Write a very short scene around this sound.",
    "Let this sound begin a story of a few lines.",
    "Write a small piece of fiction in which this sound matters.",
)

_BEGINNINGS = (
    "There it was again: {sound}.",
    "Nobody had expected it, and yet there it was: {sound}.",
    "She stopped with one hand on the door. Outside: {sound}.",
    "The old man tilted his head and named it before anyone else could: {sound}.",
    "Every evening ended the same way: {sound}.",
    "He had promised himself not to listen, but there it came: {sound}.",
)
_ENDINGS = {
    "rising": (
        "It came on stronger and stronger, until nobody in the room could pretend not to hear it.",
        "It kept growing, and with every moment the decision grew easier: they would stay.",
    ),
    "falling": (
        "Slowly it faded, and what it left behind was a silence that felt like an answer.",
        "It sank away bit by bit, and the whole house let its breath go with it.",
    ),
    "steady": (
        "It went on and on, so evenly that the whole house seemed to settle into it.",
        "Nothing about it changed, and that, they agreed later, was the comfort of it.",
    ),
    "varying": (
        "Now strong, now weak, it ran through their talk until they gave up talking.",
        "It rose and sank as if it were looking for someone who would not be found.",
    ),
    None: (
        "Then it was gone, and the room remembered it for a while.",
        "They looked at each other and knew that the waiting was over.",
    ),
}


def piece(composer: Composer, sound: str, trend: str | None) -> str:
    """Return a piece of two or three sentences, under fifty words for captions of a usual length."""
    beginning = composer.quote(composer.choose(_BEGINNINGS, "beginning").format(sound=sound))
    ending: str = composer.choose(_ENDINGS[trend], "ending")
    return f"{beginning} {ending}"
