"""Write a short piece of fiction around each clip, with the reasoning that leads to it.

Source: paper, section 3 and appendix C.3.
"""

from collections.abc import Callable, Sequence

from audsem_data.core.outcome import Outcome
from audsem_data.core.stage import Item, stage
from audsem_data.stages.generate.examples import DECLARED, GenerateConfig, examples_of


@stage("generate-creative-writing", **DECLARED)
def open_generate_creative_writing(config: GenerateConfig) -> Callable[[Sequence[Item]], list[Outcome]]:
    """Return what writes them."""
    return examples_of("creative_writing", config)
