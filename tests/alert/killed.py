"""A program that delivers what an outbox holds to a webhook, until it is killed: `killed.py OUTBOX ADDRESS SECRET`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from shelflens.alert import Courier, Outbox
from shelflens.alert.webhook import Webhook
from shelflens.picture import FetchPolicy

if __name__ == "__main__":
    outbox, address, secret = sys.argv[1:]
    policy = FetchPolicy(allowed_hosts=frozenset({"127.0.0.1"}))
    sink = Webhook(address, secret=secret, policy=policy)
    Courier(Outbox(Path(outbox)), [sink], retention=1e6, first_wait=0.02).start()
    time.sleep(60)
