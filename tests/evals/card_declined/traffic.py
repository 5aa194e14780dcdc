import sentry_sdk

from till.desk import pay


def traffic(sdk):
    for number in range(9):
        answer = {"code": ("51", "54", "51")[number % 3], "terminal": f"T{number}"}
        sdk.works("/desk/pay", lambda a=answer: pay(a, sentry_sdk.capture_exception), user=f"card-{number}")
