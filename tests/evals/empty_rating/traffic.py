from reviews.page import category


def traffic(sdk):
    for number in range(12):
        products = [
            {"name": "Lamp", "reviews": [{"stars": 4}]},
            {"name": f"New {number % 4}", "reviews": [] if number % 2 else [{"stars": 1, "hidden": True}]},
        ]
        sdk.crash("/category", lambda p=products: category(p), user=f"visitor-{number}")
