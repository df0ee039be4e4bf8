"""From a sentence to wishes, by rules, without a photo or a model."""
