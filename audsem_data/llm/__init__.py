"""Writers of text: today by rules; the backends of language models join here."""
