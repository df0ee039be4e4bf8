"""What comes in from strangers, who may ask, and what is left on the disk. No Gradio."""
