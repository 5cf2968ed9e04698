"""Why a model has nothing to say of a clip."""

from audsem_data.core.outcome import Reason


class ModelReason(Reason):
    """Reasons of the stages that run a model."""

    NOT_FINITE = "not_finite", "the model gave NaN or infinity for this clip"
    EMPTY_ANSWER = "empty_answer", "the model generated no text for this clip"
