"""What people look at: figures, and the hint canvas for app, notebook and terminal."""
