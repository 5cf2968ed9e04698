"""From cues to the captions that become clips."""
