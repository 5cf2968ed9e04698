"""Call what fetches in a process of its own, and turn what can befall that process into a reason."""

from collections.abc import Callable
from typing import Any

from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.media.isolation import DiedError, Isolated, OverrunError, RaisedError


def call_fetching(isolated: Isolated, function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Return what the function returns, or a FetchError; time spent waiting for the governor does not count.

    Errors of ours, such as the governor's stop, are raised.
    """
    try:
        return isolated.call(function, *arguments, seconds=seconds)
    except OverrunError as error:
        return FetchError(FetchReason.TIMED_OUT, str(error))
    except DiedError as error:
        return FetchError(FetchReason.CRASHED, str(error))
    except RaisedError as error:  # an extractor that meets what its author did not foresee
        return FetchError(FetchReason.UNKNOWN, str(error))
