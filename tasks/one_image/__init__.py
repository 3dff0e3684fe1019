"""All that is known of one image: where it went, where its label stands, how it looks beside its source."""
