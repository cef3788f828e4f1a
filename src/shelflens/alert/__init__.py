"""Alerts that reach somebody: kept until delivered, across restarts, each once or marked as a repeat."""

from shelflens.alert.base import Alert, Delivery, Sink, alert_id
from shelflens.alert.courier import Courier
from shelflens.alert.opening import open_sink
from shelflens.alert.outbox import Outbox
from shelflens.alert.settings import SinkSettings

__all__ = ["Alert", "Courier", "Delivery", "Outbox", "Sink", "SinkSettings", "alert_id", "open_sink"]
