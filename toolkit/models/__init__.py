"""The models: one architecture, one file that reads from top to bottom."""
