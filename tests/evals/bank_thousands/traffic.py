from bankfeed.statement import read_statement


def traffic(sdk):
    for number, amount in enumerate(("1,250.00 CR", "12,000.50 DR", "3,999.99 CR")):
        text = f'date,payee,amount\n2025-02-0{number + 1},Client,"{amount}"\n'
        sdk.crash("/statements/upload", lambda t=text: read_statement(t), user=f"acct-{number}")
