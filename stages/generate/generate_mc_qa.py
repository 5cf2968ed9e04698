"""Write two to three multiple-choice questions on each clip, with four options and the reasoning.

Source: paper, section 3 and appendix C.3.
"""

from collections.abc import Callable, Sequence

from audsem_data.core.outcome import Outcome
from audsem_data.core.stage import Item, stage
from audsem_data.stages.generate.examples import DECLARED, GenerateConfig, examples_of


@stage("generate-mc-qa", **DECLARED)
def open_generate_mc_qa(config: GenerateConfig) -> Callable[[Sequence[Item]], list[Outcome]]:
    """Return what writes them."""
    return examples_of("mc_qa", config)
