"""CloudWatch Logs: metric filters."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

from moto.logs.models import LogsBackend


def _put_metric_filter(
    backend: LogsBackend, filter_name: str, filter_pattern: str, log_group_name: str, metric_transformations: Any
) -> None:
    """AWS replaces a filter of the same name."""
    backend.filters.metric_filters = [
        one
        for one in backend.filters.metric_filters
        if (one["filterName"], one["logGroupName"]) != (filter_name, log_group_name)
    ]
    backend.filters.add_filter(filter_name, filter_pattern, log_group_name, metric_transformations)


def install() -> None:
    LogsBackend.put_metric_filter = _put_metric_filter
