from invoicing.invoices import close_invoice


def traffic(sdk):
    for number in range(6):
        client = {"name": f"Studio {number}", "number": f"C-{40 + number}", "partner": None}
        lines = [{"units": 1 + number, "unit_price": 12500}]
        sdk.crash("/invoices/close", lambda c=client, n=lines: close_invoice(c, n), user=f"u{number}")
    import logging

    log = logging.getLogger("invoicing.mail")
    for number in range(4):
        sdk.works("/invoices/mail", lambda n=number: log.warning("mail queue is slow: %s waiting", 20 + n))
