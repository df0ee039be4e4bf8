"""Studies: a question about the models each, answered on photos that no training saw."""
