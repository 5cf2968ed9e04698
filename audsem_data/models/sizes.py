"""How many bytes of weights a fetch would bring, as their publishers state it; nothing is downloaded."""

import fnmatch
import os
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub import constants, get_token

from audsem_data.core.model import ModelSpec

_PATIENCE = 10.0  # seconds for an answer


def published_bytes(specs: Sequence[ModelSpec]) -> dict[str, int | None]:
    """Return the size of the files that each model consists of, by its name; None where nobody tells.

    Each publisher is asked once and briefly; one that cannot be reached is not asked for the next model.
    """
    with httpx2.Client(timeout=_PATIENCE, follow_redirects=True) as client:
        asking = _Asking(client)
        return {spec.name: asking.model(spec) for spec in specs}


class _Asking:
    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self._silent: set[str] = set()

    def model(self, spec: ModelSpec) -> int | None:
        source = f"{spec.source}@{spec.revision}" if spec.revision else spec.source
        places: Mapping[str, Sequence[str]] = {source: spec.files, **spec.beside}
        found = [self._place(place, files) for place, files in places.items()]
        return None if None in found else sum(size for size in found if size is not None)

    def _place(self, place: str, files: Sequence[str]) -> int | None:
        """Return the bytes of the files of a repository or address; None where it does not say."""
        try:
            if not place.startswith("hf:"):
                addresses = [place + name for name in files] if place.endswith("/") else [place]
                return sum(int(self._ask("HEAD", one).headers["content-length"]) for one in addresses)
            repository, _, revision = place.removeprefix("hf:").partition("@")
            address = f"{constants.ENDPOINT}/api/models/{repository}/tree/{quote(revision or 'main', safe='')}"
            token = get_token()
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            listed = self._ask("GET", f"{address}?recursive=true", headers).json()
            held = {entry["path"]: int(entry["size"]) for entry in listed if entry["type"] == "file"}
        except (httpx2.HTTPError, ValueError, KeyError, TypeError):
            return None
        return sum(size for name, size in held.items() if any(fnmatch.fnmatch(name, one) for one in files))

    def _ask(self, method: str, address: str, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        host = urlsplit(address).netloc
        if host in self._silent or os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
            raise httpx2.ConnectError(f"{host} is not asked")
        try:
            return self._client.request(method, address, headers=headers).raise_for_status()
        except httpx2.TransportError:
            self._silent.add(host)
            raise
