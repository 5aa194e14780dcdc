from warehouse.moves import sold


def traffic(sdk):
    for number in range(4):
        item = {"sku": f"SKU-{number}", "reorder_point": 5, "days": [{"level": 9}, {"level": 7 - number}]}
        sdk.crash("/stock/report", lambda i=item: sold(i), user=f"planner-{number % 2}")
