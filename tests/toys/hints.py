"""What the canvas of the hints sends."""


def hint(x: float = 0.5, y: float = 0.5, **more: object) -> dict:
    return {"x": x, "y": y, "color": "#aa3311", "size": 9, "lasso": [], "stroke": 0} | more


def value(*hints: dict, **more: object) -> dict:
    return {"hints": list(hints), "selected": -1, "ask": None, "palette": [], "revision": 1} | more
