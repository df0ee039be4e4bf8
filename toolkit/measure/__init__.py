"""How good and how fast: metrics, who is compared, comparisons, studies, costs."""
