"""Training: photos in (data.py), made old (degrade.py), losses, one loop for all recipes, and what is said about every
training (job.py).
"""
