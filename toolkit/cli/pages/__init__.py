"""Pages made from measurements: the README's tables, the model cards."""
