"""Training: photos in (data.py), made old (degrade.py), losses, one recipe per model, one loop for all of them."""
