from promo.pricing import quote


def traffic(sdk):
    for number, code in enumerate(("spring10", "Spring10", " VIP25", "vip25", "spring10 ", "spring10")):
        sdk.crash("/basket/quote", lambda p=1000 * (number + 1), c=code: quote(p, c), user=f"guest-{number}")
