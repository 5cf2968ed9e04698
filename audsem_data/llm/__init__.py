"""Writers of text: today by rules; the engines of language models join here."""
