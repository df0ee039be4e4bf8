"""From a sentence to wishes, by rules: no photo, no model."""
