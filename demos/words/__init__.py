"""What the app says, in English and Korean."""
