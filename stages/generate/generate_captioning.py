"""Write a caption of each clip: one sentence, with the reasoning that leads to it.

Source: paper, section 3 and appendix C.3.
"""

from audsem_data.core.model import Device
from audsem_data.core.stage import stage
from audsem_data.stages.generate.examples import DECLARED, examples_of
from audsem_data.stages.generate.options import GenerateConfig
from audsem_data.stages.generate.writers import Write


@stage("generate-captioning", **DECLARED)
def open_generate_captioning(config: GenerateConfig, device: Device) -> Write:
    """Return what writes them."""
    return examples_of("captioning", config, device)
