"""`python -m shelflens` is the command `shelflens`."""

from shelflens.cli.main import main

main()
