"""The nine semantic descriptors of sound (paper, Table 2), in the order in which they are written everywhere."""

DESCRIPTORS = (
    "sound_generating_agents",
    "physical_sources",
    "generation_mechanisms",
    "temporal_context",
    "spatial_context",
    "acoustic_surfaces",
    "signal_descriptors",
    "auditory_attributes",
    "non_auditory_sensation",
)
