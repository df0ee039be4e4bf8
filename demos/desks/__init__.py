"""What one visitor has in front of them, and who is here. No Gradio."""
