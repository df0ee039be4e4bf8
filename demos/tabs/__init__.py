"""The tabs of the page, a file each: layout in the middle, events below, and what a handler answers."""
