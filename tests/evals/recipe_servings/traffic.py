from kitchen.scale import scaled

SOUP = {"servings": 4, "items": [{"name": "leek", "grams": 400}, {"name": "cream", "grams": 120}]}


def traffic(sdk):
    for number, servings in enumerate(("2", "6", "10", "3")):
        sdk.crash("/recipes/scale", lambda s=servings: scaled({"servings": s}, SOUP), user=f"cook-{number}")
