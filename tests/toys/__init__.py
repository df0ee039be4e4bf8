"""Small things to test with: networks, sessions, photos, archives."""
