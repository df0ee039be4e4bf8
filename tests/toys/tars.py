"""Photos and labels into a tar, as the labelled ones come."""

import io
import json
import tarfile

from PIL import Image


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def encoded(image, kind, **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def tar_of(path, photos, classes):
    """name -> (pixels (H, W, 3), labels (H, W)); classes: what the labels are called, or None for a tar that is none of
    ours.
    """
    with tarfile.open(path, "w") as tar:
        if classes is not None:
            add(tar, "classes.json", json.dumps(classes).encode())
        for name, (pixels, labels) in photos.items():
            add(tar, f"{name}.webp", encoded(Image.fromarray(pixels), "WEBP", lossless=True))
            add(tar, f"{name}.png", encoded(Image.fromarray(labels), "PNG"))
    return path
