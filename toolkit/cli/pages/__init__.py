"""Pages made from measurements, cards and the code itself: the tables of README.md and docs/, the model cards."""
