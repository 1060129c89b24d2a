"""The health check of the images: ``python -m scripts.system.probe URL`` exits 0 for a 2xx answer, else 1."""

import sys
import urllib.error
import urllib.request


def main(url: str) -> int:
    """0 when ``url`` answers well within three seconds, else 1 with one line on standard error."""
    try:
        with urllib.request.urlopen(url, timeout=3):  # noqa: S310 -- the URL is our own, from the image
            return 0
    except (OSError, ValueError, urllib.error.URLError) as error:
        print(f"probe: {url}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
