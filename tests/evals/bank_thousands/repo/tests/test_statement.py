from bankfeed.amounts import parse_amount
from bankfeed.statement import balance, read_statement


def test_amounts():
    assert parse_amount("12.50 CR") == 12.5
    assert parse_amount("7.00 DR") == -7


def test_statement():
    rows = read_statement("date,payee,amount\n2025-01-02,Rent,900.00 DR\n2025-01-03,Client,950.00 CR\n")
    assert balance(rows) == 50
