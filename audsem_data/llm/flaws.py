"""Why a written example is not kept: every rule that one can break."""

from audsem_data.core.outcome import Reason
from audsem_data.llm.schemas import LEAST_ITEMS, MOST_ITEMS

LEAST_THINKING = 50
MOST_ANSWER = 50


class Flaw(Reason):
    """Why a written example is not kept."""

    TRUNCATED = "truncated", "the model came to its limit before its answer ended"
    UNREADABLE = "unreadable", "the answer is not JSON of the schema"
    ITEM_COUNT = "item_count", f"there are not {LEAST_ITEMS} to {MOST_ITEMS} items with different questions"
    EMPTY = "empty_text", "the question, the thinking, the answer, a choice or a descriptor says nothing"
    REFUSAL = "refusal", "the model refuses, or speaks of itself"
    SHORT_THINKING = "short_thinking", f"the thinking has fewer than {LEAST_THINKING} words"
    LONG_ANSWER = "long_answer", f"the answer has more than {MOST_ANSWER} words"
    BAD_CHOICES = "bad_choices", "the choices are not four different plain texts of which the first is the answer"
    BAD_ELEMENTS = "bad_elements", "a semantic descriptor is missing, empty or unknown"
    YES_NO = "yes_no", "the question can be answered by yes or no"
    LEAK = "leak", "the text tells where the knowledge came from: fields, scores, units of measurement, models"
    TIMESTAMP = "timestamp", "the text holds a timestamp"
    VISUAL = "visual", "the text speaks of what is seen"
    SPEECH = "verbatim_speech", "the text repeats spoken words"
    JSON_REMAINS = "json_remains", "the text holds remains of JSON or markup"
    REPEATS = "repeats", "the text goes round in circles"
    JUDGED = "judged_invalid", "the judge rejects it; detail is why"
    UNJUDGED = "unjudged", "the judge gave no verdict that can be read"
