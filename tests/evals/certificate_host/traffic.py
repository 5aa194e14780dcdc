from tls.renewal import due


def traffic(sdk):
    for number, host in enumerate(("Mail.example", "mail.example.", "SHOP.example", "Mail.Example")):
        sdk.crash("/cron/renewals", lambda h=host: due([h]), user=f"admin-{number}")
