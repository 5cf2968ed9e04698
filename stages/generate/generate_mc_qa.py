"""Write two to three multiple-choice questions on each clip, with four options and the reasoning.

Source: paper, section 3 and appendix C.3.
"""

from audsem_data.core.model import Device
from audsem_data.core.stage import stage
from audsem_data.stages.generate.examples import DECLARED, examples_of
from audsem_data.stages.generate.options import GenerateConfig
from audsem_data.stages.generate.writers import Write


@stage("generate-mc-qa", **DECLARED)
def open_generate_mc_qa(config: GenerateConfig, device: Device) -> Write:
    """Return what writes them."""
    return examples_of("mc_qa", config, device)
