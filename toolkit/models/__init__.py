"""The models: one architecture, one file that reads from top to bottom."""

ZOO = ("simple-cnn", "deep-cnn", "autoencoder", "vae", "plain-unet", "drconv-unet", "pix2pix")  # networks of the teaching zoo, from simple to rich
