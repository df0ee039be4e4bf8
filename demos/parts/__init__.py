"""What tabs are put together from: components with their scripts, notices, pictures, the look."""
